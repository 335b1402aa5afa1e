/** Gives a write that waits for the one before it, however that ended: the last state is what stays. */
export function oneAfterAnother(write: () => Promise<unknown>): () => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return () => (last = last.then(write, write));
}
