import type { CatalogueEntry } from './entry.ts';

/** What may be in the way of finding code. */
export const searchErrors = {
  code_search_unavailable: { status: 503, sentence: '{store} cannot be searched now: {detail}' },
  not_indexed: { status: 500, sentence: 'The code of this workspace cannot be searched: {reason}' },
} as const satisfies Record<string, CatalogueEntry>;
