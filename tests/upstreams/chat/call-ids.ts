import type { Reply } from '../emulator.ts';

const made = new WeakMap<Reply, string[]>();

/** The ids of an answer's calls, in the form of its model; remembered, so that own items can be told from foreign ones. */
export function callIds(reply: Reply): string[] {
  const known = made.get(reply);
  if (known) return known;
  const ids = (reply.answer.calls ?? []).map((call, index) => {
    const id = call.id ?? newId(reply, call.name, index);
    reply.issued.call(id, reply.asked.model);
    return id;
  });
  made.set(reply, ids);
  return ids;
}

/** Kimi's and Gemini's ids come again in the next answer with the same tool: a conversation has them twice. */
function newId({ asked, traits, issued }: Reply, name: string, index: number): string {
  if (traits.callIds === 'kimi') return `functions.${name}:${index}`;
  if (traits.callIds === 'gemini') return `tool_${index}_${name}`;
  const number = issued.number().toString(36);
  if (traits.callIds === 'mistral') return number.padStart(9, 'M0x7Kq2pZ').slice(-9);
  if (asked.wire === 'anthropic-messages') return `toolu_01${number.padStart(22, 'A')}`;
  return `call_${number.padStart(24, 'x')}`;
}
