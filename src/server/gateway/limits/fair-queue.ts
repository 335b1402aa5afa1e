/** First come, first served within a lane; the lanes take turns, so that no key keeps another one waiting for all it sent. */
export class FairQueue<Item> {
  /** The first lane's turn is next. No lane is empty. */
  readonly #lanes = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(lane: string, item: Item): void {
    const items = this.#lanes.get(lane);
    if (items) items.push(item);
    else this.#lanes.set(lane, [item]);
    this.#size += 1;
  }

  peek(): Item | undefined {
    const [first] = this.#lanes.values();
    return first?.[0];
  }

  /** Takes out an item that was served: its lane goes to the back. */
  served(lane: string, item: Item): void {
    if (!this.remove(lane, item)) return;
    const rest = this.#lanes.get(lane);
    if (!rest) return;
    this.#lanes.delete(lane);
    this.#lanes.set(lane, rest);
  }

  /** Takes out an item that left; its lane keeps its turn. False when it was not there. */
  remove(lane: string, item: Item): boolean {
    const items = this.#lanes.get(lane);
    const position = items?.indexOf(item) ?? -1;
    if (!items || position < 0) return false;
    items.splice(position, 1);
    if (!items.length) this.#lanes.delete(lane);
    this.#size -= 1;
    return true;
  }
}
