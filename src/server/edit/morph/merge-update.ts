import { CrosspointError } from '#protocol/errors.ts';
import { morphModels, type MorphModel } from './models.ts';
import { textForm, type TextForm } from './text-form.ts';
import { mergeProblem } from './verify-merge.ts';

export interface MergeOrder {
  path: string;
  /** The whole file, as it is. */
  before: string;
  /** What the change is for, in a sentence; may be empty. */
  instructions: string;
  /** A lazy edit: the lines that change, with markers in place of those that stay. */
  update: string;
}

export interface MergeAnswer {
  text: string;
  /** The model has come to its end; else its text is cut. */
  isComplete: boolean;
}

export interface MergeParts {
  /** Asks a model with one message. @throws CrosspointError */
  ask(model: MorphModel, message: string): Promise<MergeAnswer>;
  /** A syntax error that the new text has and the old one had not, as a sentence; null when there is none. */
  newSyntaxError(path: string, before: string, after: string): Promise<string | null>;
}

/** A merge that is not taken. The message is for the model that proposed the update: why, and what to do instead. */
class MergeRefusal extends Error {
  constructor(reason: string) {
    super(
      `The update could not be merged into the file: ${reason}. Nothing was changed. Make the change with edits instead: [{"oldText", "newText"}].`,
    );
    this.name = 'MergeRefusal';
  }
}

/**
 * The text that a model makes of a file and a lazy edit of it, when it is exactly what the edit says: at most one more try,
 * with the larger model. The byte order mark, the line ends and the end of the file are those of the file.
 * @throws {MergeRefusal}
 */
export async function mergeUpdate(order: MergeOrder, parts: MergeParts): Promise<string> {
  const form = textForm(order.before);
  if (!form) throw new MergeRefusal('its lines end in different ways');
  const message = messageFor(order, form.plain);
  const models = morphModels.filter(({ maxCharacters }) => message.length <= maxCharacters);
  let problem = 'it is too large for that';
  for (const model of models) {
    const answer = await ask(parts, model, message);
    const text = form.restore(answer.text);
    const found = answer.isComplete ? await problemOf(order, form, text, parts) : 'the answer was cut off';
    if (found === null) return text;
    problem = `what ${model.id} made of it is not what the update says: ${found}`;
  }
  throw new MergeRefusal(problem);
}

async function ask(parts: MergeParts, model: MorphModel, message: string): Promise<MergeAnswer> {
  try {
    return await parts.ask(model, message);
  } catch (cause) {
    if (!(cause instanceof CrosspointError)) throw cause;
    // As an answer that ends too early: the larger model may have more to say.
    if (cause.code === 'provider_stream_cut') return { text: '', isComplete: false };
    throw new MergeRefusal(cause.message.replace(/\.$/, ''));
  }
}

async function problemOf(
  { path, before, update }: MergeOrder,
  form: TextForm,
  text: string,
  { newSyntaxError }: MergeParts,
): Promise<string | null> {
  const merged = textForm(text)?.plain;
  if (merged === undefined) return 'its lines end in different ways';
  const merge = { path, before: form.plain, update: update.replaceAll('\r\n', '\n'), merged };
  return mergeProblem(merge) ?? (await newSyntaxError(path, before, text));
}

/** One message, as text: Morph refuses content parts. */
function messageFor({ instructions, update }: MergeOrder, code: string): string {
  return `<instruction>${instructions}</instruction>\n<code>${code}</code>\n<update>${update}</update>`;
}
