import { CrosspointError } from '#protocol/errors.ts';
import type { ThreadRow } from '#server/store/store.ts';
import { modelName } from './model-request.ts';
import type { Turn } from './turn.ts';

/**
 * A seal can become useless to its own issuer: the key or the organisation is another one, a gateway moved, or what stood
 * before it was shortened, as the newest models check. Such a conversation would be refused for good: the same request is
 * asked again without the seals up to here, visibly. They stay in the record, and what is sealed from now on goes back.
 *
 * Refusals this mends:
 * - Anthropic: "Invalid `signature` in `thinking` block", "The block is bound to a different conversation"
 *   (https://platform.claude.com/docs/en/build-with-claude/preserved-thinking/prefix-checks)
 * - OpenAI: "The encrypted content … could not be verified" (openai/codex#17541, anomalyco/opencode#31236: only the key changed)
 * - Google: "Corrupted thought signature" (decolua/9router#4136)
 * @returns false when this is no such failure, or there was nothing left to leave out
 */
export async function leaveOutRefusedSeals(
  turn: Turn,
  { modelConfig }: ThreadRow,
  failure: unknown,
): Promise<boolean> {
  if (!(failure instanceof CrosspointError) || failure.code !== 'provider_refused_seal') return false;
  const { memory } = turn;
  const model = modelName(modelConfig);
  const through = memory.transcript.at(-1)?.seq ?? -1;
  const known = memory.refusedSeals.get(model) ?? -1;
  const sealed = memory.transcript.some(
    ({ seq, parts }) => seq > known && parts.some((part) => 'capsule' in part),
  );
  if (!sealed) return false;
  memory.refusedSeals.set(model, through);
  const message = `${model} does not take back its own earlier reasoning: its key or the beginning of the conversation is another one. It goes on without it; all words, calls and results stay.`;
  await turn.commit([{ type: 'notice', data: { code: 'seals_left_out', message } }]);
  return true;
}
