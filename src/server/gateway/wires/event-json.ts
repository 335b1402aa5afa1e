import { CrosspointError } from '#protocol/errors.ts';
import type { SseEvent } from '../sse.ts';
import type { Target } from '../types.ts';

/** @throws CrosspointError `provider_protocol` when the data is not a JSON object (fault F8) */
export function eventJson<Shape extends object>(event: SseEvent, target: Target): Shape {
  let value: unknown;
  try {
    value = JSON.parse(event.data);
  } catch (cause) {
    throw otherProtocol(target, cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Shape;
  throw otherProtocol(target);
}

/** What came is not of this wire. */
export function otherProtocol({ provider }: Target, cause?: unknown): CrosspointError {
  return new CrosspointError('provider_protocol', { provider }, { cause });
}
