import type { Part, ToolResultPart } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import { hashText } from '#server/agent/arguments.ts';
import { newId } from '#server/agent/ids.ts';
import { newThread, titleOf } from '#server/agent/new-thread.ts';
import type { StoreTables, ThreadRow } from '#server/store/store.ts';
import { CallPlaces } from './call-places.ts';
import type { Header, ImportedMessage } from './form.ts';
import { readTranscript } from './read-transcript.ts';
import { TransferError } from './transfer-error.ts';

export interface ImportCounts {
  messages: number;
  toolCalls: number;
  /** Calls of the file without a result: they are told as interrupted. */
  unanswered: number;
  /** Results of the file without a call: kept, and sent to no model. */
  orphans: number;
}

export interface Imported extends ImportCounts {
  threadId: string;
  title: string;
  modelConfig: ModelConfig;
}

export interface ImportOptions {
  userId: string;
  sandboxType: ThreadRow['sandboxType'];
  /** The model that goes on, from what the file says. */
  chooseModel(named: string | undefined): Promise<ModelConfig>;
}

/**
 * Makes a new thread of a file, in one transaction: all of it or nothing. The file is read twice: a mistake in it is
 * found before the record is locked, and nothing of it is held but one line.
 * @throws TransferError with the number of the first wrong line
 */
export async function importThread(
  store: StoreTables,
  path: string,
  options: ImportOptions,
): Promise<Imported> {
  const { header, firstWords, messages } = await survey(path);
  if (messages === 0) throw new TransferError(`${path} has no message in it.`);
  const modelConfig = await options.chooseModel(header.model);
  const thread: ThreadRow = {
    ...newThread(options.userId, modelConfig, options.sandboxType),
    title: titleOf(storable(header.title ?? '')) || titleOf(storable(firstWords)) || 'Imported conversation',
    titled: true,
    ...(header.createdAt === undefined ? {} : { createdAt: header.createdAt }),
  };
  const counts = await store.transaction(async (inside) => {
    await inside.threads.create(thread);
    const writer = new Writer(inside, thread);
    for await (const entry of readTranscript(path)) if ('message' in entry) await writer.write(entry.message);
    return writer.end();
  });
  return { threadId: thread.id, title: thread.title, modelConfig, ...counts };
}

/** Columns of a database hold neither half a surrogate pair nor a NUL; the parts of a message are JSON and hold both. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

async function survey(
  path: string,
): Promise<{ header: Partial<Header>; firstWords: string; messages: number }> {
  let header: Partial<Header> = {};
  let firstWords = '';
  let messages = 0;
  for await (const entry of readTranscript(path)) {
    if ('header' in entry) ({ header } = entry);
    else {
      messages += 1;
      if (entry.message.role === 'user') firstWords ||= wordsOf(entry.message).trim();
    }
  }
  return { header, firstWords, messages };
}

function wordsOf({ parts }: ImportedMessage): string {
  return (parts as Part[]).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

/** Appends messages, and for the timeline the rows of their calls: each of them is over when the transaction ends. */
class Writer {
  readonly #store: StoreTables;
  readonly #thread: ThreadRow;
  readonly #calls = new CallPlaces();
  /** No run of ours: nothing can be resumed, answered or owned under it. */
  readonly #runId = newId('run');
  #counts: ImportCounts = { messages: 0, toolCalls: 0, unanswered: 0, orphans: 0 };

  constructor(store: StoreTables, thread: ThreadRow) {
    this.#store = store;
    this.#thread = thread;
  }

  async write(message: ImportedMessage): Promise<void> {
    const id = newId('message');
    const author =
      message.role === 'assistant'
        ? {
            ...(message.provider === undefined ? {} : { provider: storable(message.provider) }),
            ...(message.model === undefined ? {} : { model: storable(message.model) }),
            ...(message.wire === undefined ? {} : { wire: message.wire }),
          }
        : {};
    const parts: Part[] = [];
    for (const [position, part] of (message.parts as Part[]).entries())
      parts.push(await this.#place(part, id, position));
    await this.#store.messages.append({
      id,
      threadId: this.#thread.id,
      runId: this.#runId,
      role: message.role,
      parts,
      ...author,
      status: message.status,
      createdAt: message.createdAt ?? this.#thread.createdAt,
    });
    this.#counts.messages += 1;
  }

  async end(): Promise<ImportCounts> {
    for (const toolCallId of this.#calls.unanswered()) {
      this.#counts.unanswered += 1;
      await this.#finish(toolCallId, 'interrupted', '', 'No result was recorded');
    }
    await this.#store.events.append(this.#thread.id, [
      {
        type: 'notice',
        data: {
          code: 'imported',
          message: `Imported: ${this.#counts.messages} messages from another record.`,
        },
      },
    ]);
    return this.#counts;
  }

  async #place(part: Part, messageId: string, position: number): Promise<Part> {
    if (part.type === 'tool-result') return this.#answer(part);
    if (part.type !== 'tool-call') return part;
    const toolCallId = this.#calls.call(part.toolCallId, messageId);
    this.#counts.toolCalls += 1;
    await this.#store.toolCalls.propose([
      {
        toolCallId,
        threadId: this.#thread.id,
        runId: this.#runId,
        turnId: this.#runId,
        messageId,
        position,
        name: storable(part.name),
        args: part.args,
        argsHash: hashText(part.args),
        diff: null,
        needsReview: false,
      },
    ]);
    return { ...part, toolCallId };
  }

  async #answer(part: ToolResultPart): Promise<Part> {
    const { toolCallId, answers } = this.#calls.result(part.toolCallId);
    if (answers) await this.#finish(toolCallId, part.status, part.text, summaryOf(part.text));
    else this.#counts.orphans += 1;
    return { ...part, toolCallId };
  }

  #finish(toolCallId: string, status: ToolResultPart['status'], resultText: string, summary: string) {
    const result = { status, resultText, summary, durationMs: 0 };
    return this.#store.toolCalls.finish(this.#thread.id, toolCallId, result);
  }
}

const maxSummary = 120;

/** One line for the timeline. */
function summaryOf(text: string): string {
  const [line = ''] = text.trim().split('\n', 1);
  return line.slice(0, maxSummary).toWellFormed();
}
