/** Pixels from the end that still count as the end. */
const slack = 40;

/** Keeps a growing list at its end until the reader scrolls up, and again once the reader is back. */
export class StickToBottom {
  atBottom = $state(true);
  #scroller: HTMLElement | null = null;
  #lastTop = 0;

  scroller = (node: HTMLElement) => {
    this.#scroller = node;
    const follow = () => this.#follow(node);
    const resized = new ResizeObserver(() => this.#keep());
    resized.observe(node);
    // A wheel moves smoothly: growing content would pull the first pixels back.
    const turn = (event: WheelEvent) => {
      if (event.deltaY < 0 && node.scrollTop > 0) this.atBottom = false;
    };
    node.addEventListener('wheel', turn, { passive: true });
    node.addEventListener('scroll', follow, { passive: true });
    return () => {
      resized.disconnect();
      node.removeEventListener('wheel', turn);
      node.removeEventListener('scroll', follow);
    };
  };

  content = (node: HTMLElement) => {
    const grown = new ResizeObserver(() => this.#keep());
    grown.observe(node);
    return () => grown.disconnect();
  };

  jump(): void {
    this.atBottom = true;
    this.#keep();
  }

  /** Only a move up is the reader's: content that grows leaves the place where it is, and one that shrinks ends at the end. */
  #follow(node: HTMLElement): void {
    const fromEnd = node.scrollHeight - node.clientHeight - node.scrollTop;
    const movedUp = node.scrollTop < this.#lastTop;
    if (movedUp && fromEnd > 1) this.atBottom = false;
    else if (fromEnd <= slack) this.atBottom = true;
    this.#lastTop = node.scrollTop;
  }

  #keep(): void {
    const node = this.#scroller;
    if (node && this.atBottom) node.scrollTop = node.scrollHeight;
  }
}
