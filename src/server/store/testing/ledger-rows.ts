import type { NewAttempt } from '../ledger.types.ts';

export function attempt(id: string): NewAttempt {
  return {
    id,
    requestId: `request-${id}`,
    userId: 'owner',
    threadId: null,
    runId: null,
    provider: 'mock',
    model: 'mock',
    timestamp: '2026-01-01T00:00:00.000Z',
    attempt: 1,
    route: 'direct',
    properties: { app: 'test' },
  };
}

export const settled = { status: 'settled', inputTokens: 5, outputTokens: 7, costUsd: 0.25 } as const;
