import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';

const answer = v.object({
  data: v.array(
    v.object({ index: v.optional(v.number()), embedding: v.pipe(v.array(v.number()), v.minLength(1)) }),
  ),
});

/**
 * The vectors of an answer of `POST …/embeddings`, in the order of the inputs. Servers may give them in another one, and
 * say so by `index`.
 * @throws CrosspointError `provider_protocol` where they are not one for each input, all of one length
 */
export function readVectors(body: Buffer, inputs: number, provider: string): number[][] {
  const parsed = v.safeParse(answer, parse(body));
  if (!parsed.success) throw notItsProtocol(provider);
  const vectors: number[][] = [];
  for (const [position, { index = position, embedding }] of parsed.output.data.entries())
    vectors[index] = embedding;
  const [first] = vectors;
  const isWhole =
    vectors.length === inputs &&
    parsed.output.data.length === inputs &&
    Array.from(vectors).every((vector) => vector?.length === first?.length);
  if (!isWhole) throw notItsProtocol(provider);
  return vectors;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

function notItsProtocol(provider: string): CrosspointError {
  return new CrosspointError('provider_protocol', { provider });
}
