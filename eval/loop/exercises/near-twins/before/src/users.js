const users = new Map([['1', { id: '1', name: 'Ada', settings: {} }]]);

/** The account with this id, or nothing. */
export function findUser(id) {
  return users.get(id);
}

/** Writes an account. */
export function saveUser(user) {
  users.set(user.id, user);
}
