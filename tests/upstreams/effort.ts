import { refuse } from './refusal.ts';

/** OpenAI's models each know some efforts only. */
export function checkEffort(effort: unknown, model: string, efforts: readonly string[], param: string): void {
  if (effort === undefined || efforts.includes(String(effort))) return;
  const known = efforts.map((name) => `'${name}'`).join(', ');
  refuse(
    `Unsupported value: '${String(effort)}' is not supported with the '${model}' model. Supported values are: ${known}.`,
    {
      code: 'unsupported_value',
      param,
    },
  );
}
