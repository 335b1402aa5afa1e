import type { Capsule } from '#protocol/message.ts';
import type { Target } from '../types.ts';

/** A provider's own block as it goes into the record: JSON text, with its exact issuer. */
export function sealCapsule(target: Target, block: unknown): Capsule {
  const { provider, wire, model } = target;
  return { provider, wire, model, data: JSON.stringify(block) };
}

/**
 * The JSON text of a capsule that may go back to this target, else null. The projection has filtered foreign ones; a
 * second look costs nothing, and one that is not JSON would spoil the whole body.
 */
export function openCapsule(capsule: Capsule | undefined, target: Target): string | null {
  if (!capsule || capsule.provider !== target.provider || capsule.wire !== target.wire) return null;
  if (capsule.model !== target.model) return null;
  try {
    JSON.parse(capsule.data);
    return capsule.data;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}
