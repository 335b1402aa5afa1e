import { MediaQuery } from 'svelte/reactivity';

const storageKey = 'threads-pane';
const splitKey = 'changes-layout';

/** Which panes stand beside the conversation. Where there is no room for one, it opens as a drawer over it. */
export class Panes {
  readonly #threadsFit = new MediaQuery('width >= 52rem');
  readonly #panelFits = new MediaQuery('width >= 76rem');
  #threadsWanted = $state(localStorage.getItem(storageKey) !== 'hidden');
  threadsDrawer = $state(false);
  readonly #splitFits = new MediaQuery('width >= 64rem');
  #splitWanted = $state(localStorage.getItem(splitKey) === 'split');

  /** Both sides of a change beside each other; on a small screen one below the other. */
  readonly split = $derived(this.#splitFits.current && this.#splitWanted);

  readonly threadsBeside = $derived(this.#threadsFit.current && this.#threadsWanted);

  get threadsFit(): boolean {
    return this.#threadsFit.current;
  }
  get panelFits(): boolean {
    return this.#panelFits.current;
  }

  get splitFits(): boolean {
    return this.#splitFits.current;
  }

  toggleSplit(): void {
    this.#splitWanted = !this.#splitWanted;
    localStorage.setItem(splitKey, this.#splitWanted ? 'split' : 'unified');
  }

  toggleThreads(): void {
    if (!this.#threadsFit.current) {
      this.threadsDrawer = !this.threadsDrawer;
      return;
    }
    this.#threadsWanted = !this.#threadsWanted;
    localStorage.setItem(storageKey, this.#threadsWanted ? 'shown' : 'hidden');
  }
}
