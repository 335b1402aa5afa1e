/** Why a file cannot be imported, or a thread not exported: one sentence for the person who asked, with its line. */
export class TransferError extends Error {
  constructor(sentence: string, line?: number) {
    super(line === undefined ? sentence : `Line ${line}: ${sentence}`);
    this.name = 'TransferError';
  }
}
