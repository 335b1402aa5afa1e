import type { Preferences as Stored } from '#protocol/answers.ts';
import type { Api } from './api.ts';

/** As many as are worth a look; the server takes more. */
const keptRecents = 8;

/** The models that a person likes to have at hand. They are on the server: every browser shows the same. */
export class Preferences {
  /** `provider/model`, in the order in which they were marked. */
  favourites = $state.raw<string[]>([]);
  /** Newest first. */
  recents = $state.raw<string[]>([]);
  previous = $state<string | null>(null);
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async load(): Promise<void> {
    this.#show(await this.#api.preferences());
  }

  isFavourite = (id: string) => this.favourites.includes(id);

  /** Built on what is stored now: another browser may have marked others. */
  async toggleFavourite(id: string): Promise<void> {
    const wanted = !this.isFavourite(id);
    const others = (await this.#api.preferences()).favouriteModels.filter((other) => other !== id);
    this.#show(await this.#api.changePreferences({ favouriteModels: wanted ? [...others, id] : others }));
  }

  /** What was used before this model: by the last switch, or else the newest of the others. */
  before(current: string): string | null {
    return [this.previous, ...this.recents].find((id) => id !== null && id !== current) ?? null;
  }

  /** A model was chosen instead of another one. */
  chose(id: string, instead: string): void {
    const recentModels = [id, ...this.recents.filter((other) => other !== id)].slice(0, keptRecents);
    // A list that is one choice behind is no reason to trouble anyone.
    void this.#api
      .changePreferences({ recentModels, previousModel: instead })
      .then(this.#show, () => undefined);
  }

  #show = (stored: Stored): void => {
    this.favourites = stored.favouriteModels;
    this.recents = stored.recentModels;
    this.previous = stored.previousModel;
  };
}
