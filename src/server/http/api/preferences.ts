import * as v from 'valibot';
import type { Preferences } from '#protocol/answers.ts';
import { preferencesChange } from '#protocol/commands.ts';
import type { Store } from '#server/store/store.ts';
import type { Endpoint } from '../endpoint.ts';

const none: Preferences = { favouriteModels: [], recentModels: [], previousModel: null };

/** What a person likes to have at hand, the same in every browser. */
export const getPreferences: Endpoint = async ({ store }, { userId }) => ({
  body: await readPreferences(store, userId),
});

/** What is not given stays as it is. */
export const changePreferences: Endpoint = async ({ store }, request) => {
  const { userId } = request;
  const { favouriteModels, recentModels, previousModel } = await request.command(preferencesChange);
  const body = await store.transaction(async (inside) => {
    const changed: Preferences = {
      ...(await readPreferences(inside, userId)),
      ...(favouriteModels ? { favouriteModels: once(favouriteModels) } : {}),
      ...(recentModels ? { recentModels: once(recentModels) } : {}),
      ...(previousModel === undefined ? {} : { previousModel }),
    };
    await inside.settings.set(keyOf(userId), JSON.stringify(changed));
    return changed;
  });
  return { body };
};

const keyOf = (userId: string) => `preferences.${userId}`;
const once = (models: string[]) => [...new Set(models)];

async function readPreferences(store: Pick<Store, 'settings'>, userId: string): Promise<Preferences> {
  const stored = v.safeParse(preferencesChange, parse(await store.settings.get(keyOf(userId))));
  // A convenience only: a broken record is worth nothing.
  if (!stored.success) return none;
  const { favouriteModels = [], recentModels = [], previousModel = null } = stored.output;
  return { favouriteModels, recentModels, previousModel };
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
