import { CrosspointError } from '#protocol/errors.ts';
import type { Target } from './types.ts';
import { eventJson } from './wires/event-json.ts';
import { isCutOff } from './wires/tool-calls.ts';
import type { WireDelta, WireReader } from './wires/wire.ts';

/** The bytes of an answer that is not streamed: nothing of it is known until they are all there. */
export class WholeBody {
  readonly #chunks: Uint8Array[] = [];

  add(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
  }

  /** @throws CrosspointError `provider_stream_cut` for JSON that stops in the middle, `provider_protocol` for what is none */
  read(reader: WireReader, target: Target): WireDelta[] {
    const data = Buffer.concat(this.#chunks).toString('utf8').trim();
    if (data === '' || (data.startsWith('{') && isCutOff(data)))
      throw new CrosspointError('provider_stream_cut', { provider: target.provider });
    return reader.readBody(eventJson({ event: 'message', data }, target));
  }
}
