import { posix } from 'node:path';
import { EditRefusal } from '../refusal.ts';

/** Refuses a patch that names another file than the call. An absolute path of the call may end in that of the patch. */
export function requirePath(path: string, named: string): void {
  const [own, other] = [posix.normalize(path), posix.normalize(named.trim())];
  if (own === other || (own.startsWith('/') && !other.startsWith('/') && own.endsWith(`/${other}`))) return;
  if (other.startsWith('/') && !own.startsWith('/') && other.endsWith(`/${own}`)) return;
  throw new EditRefusal(
    `The patch is for ${other.slice(0, 200)}, but this call is for ${own}. Nothing was changed. Make one call of edit_file for each file, with its path.`,
  );
}
