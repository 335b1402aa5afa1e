import { CrosspointError } from '#protocol/errors.ts';
import type { Model } from '#protocol/model.ts';
import { allowedModels } from './allowed-models.ts';
import type { Exchange } from './exchange.ts';
import type { GatewayParts } from './parts.ts';
import type { Caller, Router } from './types.ts';

/** `GET /v1/models` and `GET /v1/models/{id}`: what this key can use now, in the form that the client knows. */
export function answerModels({ models, router }: GatewayParts, exchange: Exchange, caller: Caller): void {
  const isAllowed = allowedModels(caller, router);
  const known = models.list().filter((model) => model.available && isAllowed(model));
  const usable: Listed[] = [...namedModels(router.names(), known), ...known];
  const isAnthropic = exchange.request.headers['anthropic-version'] !== undefined;
  const form = (model: Listed) => (isAnthropic ? anthropicModel(model) : openAiModel(model));
  const id = decodeURIComponent(exchange.path.slice('/v1/models/'.length));
  if (id) {
    const found = usable.find((model) => idOf(model) === id || model.name === id || model.model === id);
    if (!found) throw new CrosspointError('unknown_model', { model: id.slice(0, 200) });
    return exchange.json(200, JSON.stringify(form(found)));
  }
  const data = usable.map(form);
  exchange.json(200, JSON.stringify(isAnthropic ? anthropicPage(data) : { object: 'list', data }));
}

/** A model as it is listed; `listedAs`: a name of the gateway's configuration, which stands for several. */
type Listed = Model & { listedAs?: string };

type Names = ReturnType<Router['names']>;

/** Under the name of the configuration, with the facts of the first endpoint that this key may use. */
function namedModels(names: Names, known: readonly Model[]): Listed[] {
  const byId = new Map(known.map((model) => [idOf(model), model]));
  return names.flatMap(({ name, candidates }) => {
    const ids = candidates.map(({ target }) => idOf(target));
    const facts = byId.get(ids.find((id) => byId.has(id)) ?? '');
    return facts ? [{ ...facts, name, label: name, listedAs: name }] : [];
  });
}

function idOf({ provider, model, listedAs }: Pick<Listed, 'provider' | 'model' | 'listedAs'>): string {
  return listedAs ?? `${provider}/${model}`;
}

function openAiModel(model: Listed) {
  return {
    id: idOf(model),
    object: 'model',
    created: Math.floor(Date.parse(model.asOf) / 1_000) || 0,
    owned_by: model.listedAs ? 'crosspoint' : model.provider,
    context_length: model.contextWindow,
    max_output: model.maxOutput,
    ...(model.retiresOn ? { shutdown_date: model.retiresOn } : {}),
  };
}

function anthropicModel(model: Listed) {
  const day = model.asOf.length === 10 ? `${model.asOf}T00:00:00Z` : model.asOf;
  return { type: 'model', id: idOf(model), display_name: model.label, created_at: day };
}

function anthropicPage(data: { id?: string }[]) {
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
