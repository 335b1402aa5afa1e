import { MediaQuery } from 'svelte/reactivity';

const storageKey = 'threads-pane';

/** Which panes stand beside the conversation. Where there is no room for one, it opens as a drawer over it. */
export class Panes {
  readonly #threadsFit = new MediaQuery('width >= 52rem');
  readonly #panelFits = new MediaQuery('width >= 76rem');
  #threadsWanted = $state(localStorage.getItem(storageKey) !== 'hidden');
  threadsDrawer = $state(false);

  readonly threadsBeside = $derived(this.#threadsFit.current && this.#threadsWanted);

  get threadsFit(): boolean {
    return this.#threadsFit.current;
  }
  get panelFits(): boolean {
    return this.#panelFits.current;
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
