import type { IncomingHttpHeaders } from 'node:http';
import type { UsageEntry } from '#protocol/usage.ts';
import type { AttemptFailure } from '../attempt-failure.ts';
import type { AttemptRecord } from '../ledger/attempt-record.ts';
import type { Deadlines } from '../limits/deadlines.ts';
import type { AskedUpstream } from '../response-failure.ts';
import type { DispatchRequest, Transport } from '../upstreams/transport.ts';
import type { WireWatch } from './watch.ts';

/** Where the bytes of a stream go. */
export interface Sink {
  /** The answer begins: nothing else may be tried from here on. */
  begin(upstream: IncomingHttpHeaders): void;
  /** @returns false when the client is slow; `onDrain` tells when it is ready again */
  write(bytes: Buffer): boolean;
  onDrain(ready: () => void): void;
}

export interface PassthroughInput {
  transport: Transport;
  request: DispatchRequest;
  upstream: AskedUpstream;
  watch: WireWatch;
  record: AttemptRecord;
  deadlines: Deadlines;
  /** Bytes of a whole answer that are taken. */
  mostBytes: number;
  sink: Sink;
}

export type PassthroughResult =
  | { kind: 'answer'; usage: UsageEntry; whole?: { body: Buffer; headers: IncomingHttpHeaders } }
  | { kind: 'failure'; failure: AttemptFailure }
  | { kind: 'aborted'; usage?: UsageEntry };
