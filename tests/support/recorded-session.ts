import { encrypt, sign } from '#tests/upstreams/seal.ts';

/** A session as another tool recorded it: several models, odd ids, lost results, stopped answers, empty words. */

interface Author {
  provider: string;
  model: string;
  wire: string;
}

const claude: Author = { provider: 'anthropic', model: 'claude-sonnet-4-6', wire: 'anthropic-messages' };
const kimi: Author = { provider: 'own', model: 'kimi-k2-thinking', wire: 'openai-chat' };
const gpt: Author = { provider: 'openai', model: 'gpt-5.4', wire: 'openai-responses' };

const user = (text: string) => ({ role: 'user', parts: [{ type: 'text', text }] });
const assistant = (author: Author, ...parts: object[]) => ({ role: 'assistant', ...author, parts });
const call = (toolCallId: string, args: unknown, name = 'read_file') => ({
  type: 'tool-call',
  toolCallId,
  name,
  args,
});
const results = (...given: [toolCallId: string, text: string][]) => ({
  role: 'tool',
  parts: given.map(([toolCallId, text]) => ({ type: 'tool-result', toolCallId, name: 'read_file', text })),
});

function thinking(text: string): object {
  const block = { type: 'thinking', thinking: text, signature: sign(claude.provider, claude.model, text) };
  return { type: 'reasoning', text, capsule: { ...claude, data: JSON.stringify(block) } };
}

function encrypted(id: string): object {
  const content = encrypt(gpt.provider, gpt.model, id);
  const item = { type: 'reasoning', id, summary: [], encrypted_content: content };
  return { type: 'reasoning', text: '', capsule: { ...gpt, data: JSON.stringify(item) } };
}

/** Fifteen messages; `round` makes their words differ, and their ids only where the tool made them so. */
function round(at: number): object[] {
  return [
    user(`Question ${at}`),
    assistant(claude, thinking(`Thought ${at}`), call(`toolu_${at}`, { path: `a${at}`, limit: 5 })),
    results([`toolu_${at}`, `content ${at}`]),
    assistant(claude, thinking(`More ${at}`), { type: 'text', text: `Answer ${at} ` }),
    user(`And ${at}?`),
    // The same ids in every answer, two calls at once, their results the other way round.
    assistant(
      kimi,
      { type: 'reasoning', text: `Kimi ${at}` },
      call('functions.read_file:0', '{"path":"first"}'),
      call('functions.read_file:1', 'not JSON'),
    ),
    results(['functions.read_file:1', `one ${at}`], ['functions.read_file:0', `nought ${at}`]),
    assistant(kimi, { type: 'text', text: '' }),
    user(`Go on ${at}`),
    // Nobody answers the second; the first gets its answer far away, and a second one.
    assistant(
      gpt,
      encrypted(`rs_${at}`),
      call(`call_${at}`, '[1]'),
      call(`lost_${at}`, { deep: { a: [1] } }, 'read file!'),
    ),
    { ...assistant(gpt, { type: 'text', text: `Cut \ud83d${at}` }), status: 'partial' },
    user(''),
    results([`call_${at}`, `late ${at}`]),
    results([`call_${at}`, 'again'], [`never-called-${at}`, 'orphan']),
    assistant(gpt, { type: 'text', text: `Done ${at}.` }),
  ];
}

/** So many messages, each one line of the file. */
export function recordedSession(messages: number): string[] {
  const rounds = Math.ceil(messages / 15);
  return Array.from({ length: rounds }, (_none, at) => round(at))
    .flat()
    .slice(0, messages)
    .map((message) => JSON.stringify(message));
}
