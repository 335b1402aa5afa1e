import type { WireDelta } from './wires/wire.ts';

/** A wire's types say what a provider should send; one that sends a number for a text is told apart here, for all wires. */
export function assertText(delta: WireDelta): WireDelta {
  if (typeof deltaText(delta) === 'string') return delta;
  throw new TypeError('a text of the stream is not a text');
}

/** What a delta adds to the answer; a part that is done adds nothing that was not seen. */
export function deltaText(delta: WireDelta): string {
  if (delta.type === 'reasoning-done') return '';
  return delta.type === 'tool-call-delta' ? delta.argsText : delta.text;
}
