import { mcpErrors } from './errors/mcp.ts';
import { providerErrors } from './errors/providers.ts';
import { requestErrors } from './errors/requests.ts';
import { runErrors } from './errors/runs.ts';
import { searchErrors } from './errors/search.ts';
import { workspaceErrors } from './errors/workspace.ts';

/** Every failure that a person can meet, by its code. One catalogue, so that no sentence exists twice. */
export const errorCatalogue = {
  ...requestErrors,
  ...providerErrors,
  ...runErrors,
  ...searchErrors,
  ...mcpErrors,
  ...workspaceErrors,
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

/** The one error class that crosses a boundary. `values` fill the sentence; a cause is for the log only. */
export class CrosspointError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly values: Record<string, string | number>;

  constructor(code: ErrorCode, values: Record<string, string | number> = {}, options?: { cause?: unknown }) {
    super(fillSentence(errorCatalogue[code].sentence, values), options);
    this.name = 'CrosspointError';
    this.code = code;
    this.status = errorCatalogue[code].status;
    this.values = values;
  }

  /** The body of an error answer on `/api/*`. */
  toBody(): { error: string; code: ErrorCode } {
    return { error: this.message, code: this.code };
  }
}

function fillSentence(sentence: string, values: Record<string, string | number>): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
