import type { ChangeKey, CreateKey } from '#protocol/key-commands.ts';
import { readBudget, readLimits } from '../limit-fields.ts';

const dayMs = 86_400_000;

/** What the form for a new key says. */
export function readKey(form: FormData, now: Date): CreateKey {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  return {
    name: text('name'),
    models: modelsIn(text('models')),
    limits: readLimits(form),
    budget: readBudget(form),
    storeBodies: form.get('storeBodies') !== null,
    expiresAt: expiryOf(text('expires'), text('expiresOn'), now),
  };
}

/** The same form for a key that is there: its end stays where it is said to. */
export function readChange(form: FormData, now: Date): ChangeKey {
  const { expiresAt, ...rest } = readKey(form, now);
  return form.get('expires') === 'keep' ? rest : { ...rest, expiresAt };
}

/** `provider/model`, `provider/*` or a name, one to a line or between commas; null, which is all, for none. */
export function modelsIn(text: string): string[] | null {
  const models = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  return models.length > 0 ? models : null;
}

/** `expires`: a number of days, `on` for a day of one's own (to its end), or never. */
function expiryOf(expires: string, day: string, now: Date): string | null {
  if (expires === 'on') return day === '' ? null : `${day}T23:59:59.999Z`;
  return expires === '' || expires === 'keep'
    ? null
    : new Date(now.getTime() + Number(expires) * dayMs).toISOString();
}
