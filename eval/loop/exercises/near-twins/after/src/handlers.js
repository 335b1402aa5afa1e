import { findUser, saveUser } from './users.js';

export function showProfile(request) {
  const user = findUser(request.id);
  if (!user) {
    return { status: 404, body: 'not found' };
  }
  return { status: 200, body: user.name };
}

export function showSettings(request) {
  const user = findUser(request.id);
  if (!user) {
    return { status: 404, body: 'not found' };
  }
  return { status: 200, body: user.settings };
}

export function changeName(request) {
  const user = findUser(request.id);
  if (!user) {
    return { status: 404, body: 'not found' };
  }
  saveUser({ ...user, name: request.name });
  return { status: 200, body: request.name };
}

export function removeAccount(request) {
  const user = findUser(request.id);
  if (!user) {
    return { status: 404, body: 'not found' };
  }
  saveUser({ ...user, removed: true });
  return { status: 200, body: 'removed' };
}
