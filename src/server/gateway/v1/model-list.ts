import { CrosspointError } from '#protocol/errors.ts';
import type { Model } from '#protocol/model.ts';
import type { Exchange } from './exchange.ts';
import type { GatewayParts } from './parts.ts';
import type { Caller } from './types.ts';

/** `GET /v1/models` and `GET /v1/models/{id}`: what this key can use now, in the form that the client knows. */
export function answerModels({ models }: GatewayParts, exchange: Exchange, caller: Caller): void {
  const usable = models.list().filter((model) => model.available && isAllowed(model, caller));
  const isAnthropic = exchange.request.headers['anthropic-version'] !== undefined;
  const form = (model: Model) => (isAnthropic ? anthropicModel(model) : openAiModel(model));
  const id = decodeURIComponent(exchange.path.slice('/v1/models/'.length));
  if (id) {
    const found = usable.find((model) => idOf(model) === id || model.name === id || model.model === id);
    if (!found) throw new CrosspointError('unknown_model', { model: id.slice(0, 200) });
    return exchange.json(200, JSON.stringify(form(found)));
  }
  const data = usable.map(form);
  exchange.json(200, JSON.stringify(isAnthropic ? anthropicPage(data) : { object: 'list', data }));
}

function isAllowed({ provider, model }: Model, { models }: Caller): boolean {
  return models === null || models.includes(`${provider}/${model}`) || models.includes(`${provider}/*`);
}

function idOf({ provider, model }: Model): string {
  return `${provider}/${model}`;
}

function openAiModel(model: Model) {
  return {
    id: idOf(model),
    object: 'model',
    created: Math.floor(Date.parse(model.asOf) / 1_000) || 0,
    owned_by: model.provider,
    context_length: model.contextWindow,
    max_output: model.maxOutput,
    ...(model.retiresOn ? { shutdown_date: model.retiresOn } : {}),
  };
}

function anthropicModel(model: Model) {
  const day = model.asOf.length === 10 ? `${model.asOf}T00:00:00Z` : model.asOf;
  return { type: 'model', id: idOf(model), display_name: model.label, created_at: day };
}

function anthropicPage(data: { id?: string }[]) {
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
