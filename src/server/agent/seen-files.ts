import type { Message, SeenFile } from '#protocol/message.ts';

/** What a conversation's model knows of files: of each the newest state that it saw, or left behind. Reads a message once. */
export class SeenFiles {
  readonly #files = new Map<string, SeenFile>();
  #read = 0;
  #last: Message | undefined;

  /** @param transcript grows; where the thread goes on in another branch, it is read from its beginning again */
  of(transcript: readonly Message[], path: string): SeenFile | null {
    if (transcript[this.#read - 1] !== this.#last) this.#forget();
    for (const message of transcript.slice(this.#read)) this.#take(message);
    this.#read = transcript.length;
    this.#last = transcript.at(-1);
    return this.#files.get(path) ?? null;
  }

  #forget(): void {
    this.#files.clear();
    this.#read = 0;
  }

  #take({ parts }: Message): void {
    for (const part of parts)
      if (part.type === 'tool-result' && part.file) this.#files.set(part.file.path, part.file);
  }
}
