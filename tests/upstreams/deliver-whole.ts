import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { write, type Chunking } from './delivery.ts';
import type { Answer, Fault } from './script.ts';

export interface WholeDelivery {
  body: unknown;
  answer: Answer;
  chunking: Chunking;
  errorBody(status: number, message: string): unknown;
}

/** How many times a slow answer keeps its connection alive by white space before it comes, as OpenRouter does. */
const beats = 10;

/** Sends an answer that is not streamed, in pieces that respect no character, and breaks it where the script says so. */
export async function deliverWhole(response: ServerResponse, delivery: WholeDelivery): Promise<void> {
  const { answer, chunking } = delivery;
  const { fault, paceMs = 0 } = answer;
  response.writeHead(200, { 'content-type': 'application/json' });
  if (fault?.kind === 'headers') return response.flushHeaders();
  for (let beat = 0; paceMs && beat < beats && !response.destroyed; beat++) {
    response.write('\n');
    await sleep(paceMs);
  }
  const text = brokenText(delivery, fault);
  await write(response, Buffer.from(text), chunking);
  if (fault?.kind === 'stall') return;
  if (fault?.kind !== 'cut' || fault.how === 'close') return void response.end();
  await sleep(20);
  response.socket?.resetAndDestroy();
}

function brokenText({ body, errorBody }: WholeDelivery, fault: Fault | undefined): string {
  const text = JSON.stringify(body);
  switch (fault?.kind) {
    case 'zero':
      return '';
    case 'stall':
    case 'cut':
    case 'unterminated':
      return text.slice(0, Math.floor(text.length / 2));
    case 'malformed':
      return `${text.slice(0, -1)},}`;
    case 'error-event':
      return JSON.stringify(errorBody(fault.status, fault.message ?? 'The server had an error'));
    case 'endless-line':
    case 'endless-text':
      return `${text.slice(0, -1)},"more":"${'x'.repeat(fault.bytes)}"}`;
    default:
      return text;
  }
}
