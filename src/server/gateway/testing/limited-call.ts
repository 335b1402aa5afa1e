import * as v from 'valibot';
import { plainOptions } from '../limits/limited-gateway.ts';
import { limitSettings } from '../limits/settings.ts';
import type { Caller, CallOptions } from '../v1/types.ts';

/** A configuration that limits nothing. */
export const noLimits = v.parse(limitSettings, {});

/** A key without limits. */
export function aCaller(change: Partial<Caller> = {}): Caller {
  return { keyId: 'k', keyName: 'Test', userId: 'u', models: null, limits: {}, budget: null, ...change };
}

/** A call that asks for nothing special. */
export function someOptions(change: Partial<CallOptions> = {}): CallOptions {
  return { ...plainOptions, requestId: '00000000-0000-4000-8000-000000000000', ...change };
}

export function aCall(tokens = 0, costUsd: number | null = 0) {
  return { provider: 'openai', model: 'gpt-5', estimate: { tokens, costUsd } };
}
