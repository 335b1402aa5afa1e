import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KeptMessage } from '#protocol/requests.ts';
import type { BodyStore } from '#server/store/bodies.ts';
import { redact } from '../errors/redact.ts';
import type { ObservedCall } from '../v1/types.ts';

/** Bytes of one body that are kept. */
const keptBytes = 256 * 1024;
/** Read beyond them, so that a secret on the border is seen whole, and goes whole. */
const marginBytes = 4 * 1024;

export interface BodyKeeperOptions {
  store: BodyStore;
  /** Bodies of all calls are kept, not only of keys that say so. */
  keepAll: boolean;
  /** Every secret that this process knows. */
  secrets: () => readonly (string | null)[];
  logger: { warn(details: object, message: string): void };
}

/** Keeps what was asked and answered for those who wish so: bounded, without secrets, and after the answer is out. */
export function keepBodies(options: BodyKeeperOptions, call: ObservedCall): void {
  const { caller, options: asked, request, response, body } = call;
  if (!caller.storeBodies && !options.keepAll) return;
  const answer = asked.omitResponse ? null : collectAnswer(response);
  response.once('close', () => {
    const secrets = [...options.secrets(), ...sentSecrets(request)];
    const bodies = {
      request: asked.omitRequest ? null : kept(flat(request.headers), [body], body.length, secrets),
      response: answer && kept(flat(response.getHeaders()), answer.chunks, answer.bytes, secrets),
    };
    options.store.keep(caller.userId, asked.requestId, bodies).catch((err: unknown) => {
      options.logger.warn({ err, requestId: asked.requestId }, 'the bodies of a call could not be kept');
    });
  });
}

/** What goes to the client goes through these two, whoever writes it. */
function collectAnswer(response: ServerResponse): { chunks: Buffer[]; bytes: number } {
  const seen = { chunks: [] as Buffer[], bytes: 0 };
  const see = (chunk: unknown) => {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
    const bytes = Buffer.from(chunk as string);
    if (seen.bytes < keptBytes + marginBytes) seen.chunks.push(bytes);
    seen.bytes += bytes.length;
  };
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  response.write = ((...args: Parameters<typeof write>) => (see(args[0]), write(...args))) as typeof write;
  response.end = ((...args: Parameters<typeof end>) => (see(args[0]), end(...args))) as typeof end;
  return seen;
}

function kept(
  headers: Record<string, string>,
  chunks: readonly Buffer[],
  bytes: number,
  secrets: readonly (string | null)[],
): KeptMessage {
  const text = Buffer.concat(chunks)
    .subarray(0, keptBytes + marginBytes)
    .toString('utf8');
  return {
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        secretHeaders.test(name) ? '[redacted]' : redact(value, secrets),
      ]),
    ),
    body: redact(text, secrets).slice(0, keptBytes),
    bytes,
    truncated: bytes > keptBytes,
  };
}

const secretHeaders =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|api-key|helicone-auth)$|secret|token$/i;

/** The caller's own key, in whatever header it came. */
function sentSecrets({ headers }: IncomingMessage): string[] {
  return [headers.authorization, headers['helicone-auth'], headers['x-api-key'], headers['api-key']]
    .flat()
    .flatMap((value) => (value ? [value.replace(/^Bearer\s+/i, '')] : []));
}

function flat(headers: NodeJS.Dict<number | string | readonly string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  );
}
