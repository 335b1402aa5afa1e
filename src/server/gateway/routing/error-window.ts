const slots = 10;
const never = Number.NEGATIVE_INFINITY;

interface Slot {
  /** Number of the slot since the clock began. */
  index: number;
  good: number;
  bad: number;
}

/** Good and bad ends of the last while, in ten slots: old ones fall out without anybody cleaning up. */
export class ErrorWindow {
  readonly #slotMs: number;
  readonly #slots: Slot[] = Array.from({ length: slots }, () => ({ index: never, good: 0, bad: 0 }));

  constructor(windowMs: number) {
    this.#slotMs = windowMs / slots;
  }

  add(isBad: boolean, now: number): void {
    const index = Math.floor(now / this.#slotMs);
    const slot = this.#slots[index % slots] as Slot;
    if (slot.index !== index) Object.assign(slot, { index, good: 0, bad: 0 });
    if (isBad) slot.bad++;
    else slot.good++;
  }

  sums(now: number): { requests: number; bad: number } {
    const oldest = Math.floor(now / this.#slotMs) - slots;
    let [requests, bad] = [0, 0];
    for (const slot of this.#slots) {
      if (slot.index <= oldest) continue;
      requests += slot.good + slot.bad;
      bad += slot.bad;
    }
    return { requests, bad };
  }

  clear(): void {
    for (const slot of this.#slots) slot.index = never;
  }
}
