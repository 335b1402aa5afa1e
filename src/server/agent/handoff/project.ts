import type { Message } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { hiddenImages } from './image-limits.ts';
import { Projector } from './projector.ts';
import { arrangeResults, goesOnArranged } from './tool-results.ts';
import type { Project, Projection } from './types.ts';

/** Canonical transcript → what this exact target may see. Pure; the rules are the files beside this one. */
export const project: Project = (transcript, target, refusedThroughSeq) => {
  const projector = new Projector(target, refusedThroughSeq, hiddenImages(transcript, target));
  for (const message of arrangeResults(transcript)) projector.push(message);
  return projector.finish();
};

interface Cached {
  projector: Projector;
  count: number;
  last: Message | undefined;
  /** How many pictures were left out: another number changes what was projected. */
  hidden: number;
}

/** @param form which form of the conversation the transcript is: two of them may agree in a message at the same place */
export type IncrementalProject = (
  transcript: readonly Message[],
  target: Target,
  form?: string,
  refusedThroughSeq?: number,
) => Projection;

/**
 * The same function for one active thread, with memory: give it the same growing array of the same message objects and
 * only the new ones are projected. Any other transcript is projected afresh. Keeps the most recent targets, so that
 * switching back is as cheap as staying, and looking at what another model would get costs once.
 */
export function createIncrementalProject(kept = 2): IncrementalProject {
  const recent = new Map<string, Cached>();
  return (transcript, target, form = '', refusedThroughSeq = -1) => {
    const key = JSON.stringify([
      form,
      refusedThroughSeq,
      target.provider,
      target.wire,
      target.model,
      target.capabilities,
      target.dialect,
    ]);
    const cached = recent.get(key);
    recent.delete(key);
    const hidden = hiddenImages(transcript, target);
    const usable = cached?.hidden === hidden.size && isContinued(cached, transcript);
    const projector = usable ? cached.projector : new Projector(target, refusedThroughSeq, hidden);
    const fresh = usable ? transcript.slice(cached.count) : arrangeResults(transcript);
    for (const message of fresh) projector.push(message);
    recent.set(key, { projector, count: transcript.length, last: transcript.at(-1), hidden: hidden.size });
    if (recent.size > kept) recent.delete(recent.keys().next().value as string);
    return projector.finish();
  };
}

/** A result that belongs further up, as other tools write them, would change what was projected: that begins anew. */
function isContinued({ count, last }: Cached, transcript: readonly Message[]): boolean {
  return count <= transcript.length && transcript[count - 1] === last && goesOnArranged(transcript, count);
}
