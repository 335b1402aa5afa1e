import type { Model } from '#protocol/model.ts';

export interface Snippet {
  id: string;
  label: string;
  /** Where it goes. */
  where: string;
  code: string;
}

/** A model that the key may use, and that answers; the default one where it may. */
export function modelFor(
  allowed: readonly string[] | null,
  models: readonly Pick<Model, 'provider' | 'model' | 'available'>[],
  usual: string,
): string {
  const may = (id: string) =>
    allowed === null || allowed.includes(id) || allowed.includes(`${id.slice(0, id.indexOf('/'))}/*`);
  if (may(usual)) return usual;
  const first = models.find((model) => model.available && may(`${model.provider}/${model.model}`));
  return first ? `${first.provider}/${first.model}` : (allowed?.find((id) => !id.endsWith('/*')) ?? usual);
}

interface Place {
  origin: string;
  key: string;
  model: string;
}

/** Ready to be pasted, each where its program keeps such things. */
export function snippetsOf(origin: string, key: string, model: string): Snippet[] {
  const place = { origin, key, model };
  return [
    { id: 'curl', label: 'curl', where: 'In a shell', code: curl(place) },
    {
      id: 'openai',
      label: 'OpenAI SDK',
      where: 'JavaScript, npm install openai; in Python the same fields are base_url and api_key',
      code: openai(place),
    },
    {
      id: 'anthropic',
      label: 'Anthropic SDK',
      where: 'JavaScript, npm install @anthropic-ai/sdk; its base URL has no /v1',
      code: anthropic(place),
    },
    {
      id: 'opencode',
      label: 'opencode',
      where: `opencode.json in the project, then opencode run --model crosspoint/${model}`,
      code: opencode(place),
    },
    {
      id: 'environment',
      label: 'Other programs',
      where: 'Most programs that speak to OpenAI or Anthropic read these variables',
      code: environment(place),
    },
  ];
}

function curl({ origin, key, model }: Place): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello.' }] });
  return [
    `curl ${origin}/v1/chat/completions \\`,
    `  -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `  -d '${body.replaceAll("'", `'\\''`)}'`,
  ].join('\n');
}

function openai({ origin, key, model }: Place): string {
  return `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: '${key}' });
const answer = await client.chat.completions.create({
  model: ${JSON.stringify(model)},
  messages: [{ role: 'user', content: 'Say hello.' }],
});
console.log(answer.choices[0].message.content);`;
}

function anthropic({ origin, key, model }: Place): string {
  return `import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '${origin}', apiKey: '${key}' });
const answer = await client.messages.create({
  model: ${JSON.stringify(model)},
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'Say hello.' }],
});
console.log(answer.content);`;
}

function opencode({ origin, key, model }: Place): string {
  const crosspoint = {
    npm: '@ai-sdk/openai-compatible',
    name: 'Crosspoint',
    options: { baseURL: `${origin}/v1`, apiKey: key },
    models: { [model]: { name: model } },
  };
  return JSON.stringify({ $schema: 'https://opencode.ai/config.json', provider: { crosspoint } }, null, 2);
}

function environment({ origin, key }: Place): string {
  return [
    `export OPENAI_BASE_URL=${origin}/v1`,
    `export OPENAI_API_KEY=${key}`,
    `export ANTHROPIC_BASE_URL=${origin}`,
    `export ANTHROPIC_AUTH_TOKEN=${key}`,
  ].join('\n');
}
