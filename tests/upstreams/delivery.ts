import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Fault, Point } from './script.ts';

/** One event of a stream as text, with its blank line, and what it is about. */
export interface Frame {
  text: string;
  point: Point;
}

export type Chunking = 'events' | 'random' | 'whole';

export interface Delivery {
  frames: Frame[];
  answer: Answer;
  chunking: Chunking;
  errorFrame(status: number, message: string): string;
  /** An event with so much text, for answers without end. */
  textFrame(text: string): string;
}

/** Sends a stream in pieces that respect neither events nor characters, and breaks it where the script says so. */
export async function deliver(response: ServerResponse, delivery: Delivery): Promise<void> {
  const { answer, chunking } = delivery;
  const { fault, paceMs = 0 } = answer;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  response.flushHeaders();
  if (fault?.kind === 'headers') return;
  const frames = faulted(delivery);
  if (paceMs || chunking === 'events') {
    for (const { text } of frames.sent) {
      if (response.destroyed) return;
      response.write(text);
      await sleep(paceMs);
    }
  } else {
    await write(response, Buffer.from(frames.sent.map(({ text }) => text).join('')), chunking);
  }
  if (frames.ending === 'end') response.end();
  if (frames.ending === 'reset') {
    await sleep(20);
    response.socket?.resetAndDestroy();
  }
}

/** In pieces of the size that is wanted; `events` is for streams. */
export async function write(response: ServerResponse, bytes: Buffer, chunking: Chunking): Promise<void> {
  if (chunking !== 'random') {
    response.write(bytes);
    return;
  }
  const next = borders(bytes.length);
  for (let start = 0; start < bytes.length && !response.destroyed;) {
    const end = Math.min(bytes.length, start + next());
    if (!response.write(bytes.subarray(start, end))) await drained(response);
    start = end;
    await new Promise(setImmediate);
  }
}

function drained(response: ServerResponse): Promise<unknown> {
  return new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
}

/** Sizes that look random and are the same in every run. */
function borders(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return 1 + (state % 97);
  };
}

interface Faulted {
  sent: Frame[];
  ending: 'end' | 'reset' | 'open';
}

function faulted(delivery: Delivery): Faulted {
  const { frames, answer } = delivery;
  const { fault } = answer;
  switch (fault?.kind) {
    case 'zero':
      return { sent: [], ending: 'end' };
    case 'unterminated':
      return { sent: frames.slice(0, -1), ending: 'end' };
    case 'stall':
      return { sent: upTo(frames, fault.after), ending: 'open' };
    case 'cut':
      return { sent: upTo(frames, fault.after), ending: fault.how === 'reset' ? 'reset' : 'end' };
    case 'malformed':
      return {
        sent: [...upTo(frames, fault.after), frame('data: {"choices":[{"delta":{"con\n\n')],
        ending: 'end',
      };
    case 'error-event': {
      const text = delivery.errorFrame(fault.status, fault.message ?? 'The server had an error');
      return { sent: [...upTo(frames, fault.after), frame(text)], ending: 'end' };
    }
    case 'endless-line':
      return {
        sent: [...upTo(frames, 'preamble'), frame(`data: "${'x'.repeat(fault.bytes)}`)],
        ending: 'end',
      };
    case 'endless-text': {
      const one = frame(delivery.textFrame('x'.repeat(16_384)));
      const many = Array.from({ length: Math.ceil(fault.bytes / 16_384) }, () => one);
      return { sent: [...upTo(frames, 'text'), ...many], ending: 'end' };
    }
    default:
      return { sent: frames, ending: 'end' };
  }
}

function frame(text: string): Frame {
  return { text, point: 'end' };
}

/** Everything up to and with the first event of that kind; for `end` all that comes before the finish. */
export function upTo(frames: readonly Frame[], point: Point): Frame[] {
  const at = frames.findIndex((candidate) => candidate.point === point);
  if (at < 0) throw new Error(`the answer has no ${point} to break at`);
  return frames.slice(0, point === 'end' ? at : at + 1);
}

/** Faults that need no stream. @returns false when the answer is to be sent as usual */
export async function answerFault(
  response: ServerResponse,
  fault: Fault | undefined,
  error: (fault: Extract<Fault, { kind: 'status' }>) => { status: number; body: unknown },
): Promise<boolean> {
  switch (fault?.kind) {
    case 'hang':
      return true;
    case 'slow':
      await sleep(fault.ms);
      return false;
    case 'status': {
      const { status, body } = error(fault);
      const headers = { 'content-type': 'application/json', ...fault.headers };
      response.writeHead(status, headers).end(fault.body ?? JSON.stringify(body));
      return true;
    }
    case 'redirect':
      response.writeHead(fault.status ?? 307, { location: fault.to }).end();
      return true;
    case 'page':
      response.writeHead(200, { 'content-type': fault.contentType }).end(fault.body);
      return true;
    default:
      return false;
  }
}
