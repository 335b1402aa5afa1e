/** Of Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009. */
const rankConstant = 60;
/** Of each list: what stands further down would hardly move anything. */
export const fusedFrom = 100;

export interface Fused<Item> {
  item: Item;
  /** The sum over the lists of 1 / (60 + rank), ranks from 1. */
  score: number;
}

/**
 * Reciprocal rank fusion of lists whose scores cannot be compared, best first. Items of equal score stay in the order in
 * which they first appear: the lists in their order.
 * @param keyOf what makes two items the same one
 */
export function fuse<Item>(
  lists: readonly (readonly Item[])[],
  keyOf: (item: Item) => unknown,
): Fused<Item>[] {
  const fused = new Map<unknown, Fused<Item>>();
  for (const list of lists) {
    for (const [position, item] of list.slice(0, fusedFrom).entries()) {
      const share = 1 / (rankConstant + position + 1);
      const known = fused.get(keyOf(item));
      if (known) known.score += share;
      else fused.set(keyOf(item), { item, score: share });
    }
  }
  return [...fused.values()].sort((one, other) => other.score - one.score);
}
