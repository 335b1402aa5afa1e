/** Why the server cannot start, as one sentence for the person who started it. The process exits with 1. */
export class StartError extends Error {
  constructor(sentence: string, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = 'StartError';
  }
}
