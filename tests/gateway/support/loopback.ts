import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import type { AssistantPart, Message } from '#protocol/message.ts';
import { project } from '#server/agent/handoff/project.ts';
import type { ClientWire, ClientWriter } from '#server/gateway/clients/client-wire.ts';
import { clientFailure } from '#server/gateway/clients/failure.ts';
import { KeptReasoning } from '#server/gateway/clients/kept-reasoning.ts';
import { clientWires } from '#server/gateway/clients/index.ts';
import { modelRequest } from '#server/gateway/clients/to-request.ts';
import { estimateInputTokens } from '#server/gateway/ledger/estimate.ts';
import { openWorkbench, target } from '#server/gateway/testing/workbench.ts';
import type { ModelStreamEvent, Target } from '#server/gateway/types.ts';

type Setup = Parameters<typeof openWorkbench>[0];

/**
 * The client wires on a port, each in front of every model of the emulators (`provider:model`), always through the
 * canonical form, also where a request could be passed through.
 */
export async function openLoopback(setup: Setup = {}) {
  const bench = await openWorkbench(setup);
  const sent: { path: string; text: string }[] = [];
  const transcripts: Message[][] = [];
  const kept = new KeptReasoning();
  const server = createServer((request, response) => {
    serve(bench.gateway, request, response, { sent, transcripts, kept }).catch((cause: unknown) =>
      response.destroy(cause as Error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    providers: bench.providers,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The answers, byte for byte. */
    sent,
    transcripts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await bench[Symbol.asyncDispose]();
    },
  };
}

export type Loopback = Awaited<ReturnType<typeof openLoopback>>;

/** A model of the emulators: those that cannot see or want their reasoning back in a field of their own are told by name. */
export function targetOf(name: string): Target {
  const known = target(name);
  const capabilities = { ...known.capabilities, images: !/gpt-oss|kimi/.test(name) };
  const dialect = {
    reasoningContent: /kimi/.test(name),
    thoughtSignatures: /gemini/.test(name),
    imageUrls: !name.startsWith('compatible'),
  };
  return { ...known, capabilities, dialect };
}

type Gateway = Awaited<ReturnType<typeof openWorkbench>>['gateway'];
type Seen = Pick<Loopback, 'sent' | 'transcripts'> & { kept: KeptReasoning };

async function serve(gateway: Gateway, request: IncomingMessage, response: ServerResponse, seen: Seen) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const wire = Object.values(clientWires).find(({ path }) => request.url?.startsWith(path)) as ClientWire;
  let text = '';
  const write = (piece: string) => {
    text += piece;
    if (piece) response.write(piece);
  };
  try {
    await answer(gateway, wire, JSON.parse(Buffer.concat(chunks).toString()), response, write, seen);
  } catch (cause) {
    const failure = clientFailure(cause);
    response.writeHead(failure.status, { 'content-type': 'application/json' });
    write(wire.errorBody(failure, 'req_test'));
  }
  seen.sent.push({ path: wire.path, text });
  response.end();
}

async function answer(
  gateway: Gateway,
  wire: ClientWire,
  body: unknown,
  response: ServerResponse,
  write: (piece: string) => void,
  { transcripts, kept }: Seen,
) {
  const call = wire.read(body);
  const to = targetOf(call.model);
  const transcript = call.transcript(to, (id) => kept.recall('ann', id));
  transcripts.push(transcript);
  const context = { userId: 'ann', threadId: null, runId: null };
  const asked = modelRequest(call, to, project(transcript, to), context);
  const head = {
    id: randomUUID().replaceAll('-', '').slice(0, 24),
    model: call.model,
    created: 1_764_000_000,
    estimateInput: () => estimateInputTokens(asked),
    remember: (ids: string[], parts: readonly AssistantPart[]) => kept.remember('ann', ids, parts),
  };
  const writer = wire.writer(call, head);
  let begun = false;
  const begin = () => {
    if (!begun) response.writeHead(200, { 'content-type': writer.contentType });
    begun = true;
  };
  try {
    for await (const event of gateway.stream(asked, new AbortController().signal)) {
      const piece = pieceOf(event, writer);
      if (piece) begin();
      write(piece);
    }
  } catch (cause) {
    if (!begun) throw cause;
    write(writer.fail(clientFailure(cause)));
  }
}

function pieceOf(event: ModelStreamEvent, writer: ClientWriter): string {
  if (event.type === 'finished') return writer.end({ ...event, usage: null }, event.usage);
  return event.type === 'started' || event.type === 'retrying' || event.type === 'notice'
    ? ''
    : writer.push(event);
}
