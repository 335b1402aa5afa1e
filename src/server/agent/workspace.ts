import { setTimeout as sleep } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { FilePart, Message } from '#protocol/message.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ThreadOfSandbox } from '#server/workspace/types.ts';
import { readProject } from './instructions/read-project.ts';
import type { AgentSetup } from './parts.ts';
import { maxFileContent } from './state.ts';
import { decodeText } from './tools/text-file.ts';
import type { Turn } from './turn.ts';

/** Milliseconds that reading the open file may delay the acknowledgement of a message. */
const openFileTimeoutMs = 2_000;

/** Milliseconds after which a new thread's sandbox is started: the first request has left by then. */
const warmUpAfterMs = 50;

/**
 * Before the first request of a run: the sample project of the demo, and the project's instructions. A new thread has
 * neither, and its model must not wait for the sandbox to start: there it is opened while the model answers.
 */
export async function prepareWorkspace(setup: AgentSetup, turn: Turn): Promise<void> {
  const thread = await turn.thread();
  const transcript = await turn.memory.refresh(setup.store);
  const isFirst = transcript.length <= 1 && turn.run.branch === 0;
  const isNew = isFirst && thread.sandboxId === thread.id;
  if (!isNew || thread.modelConfig.provider === 'demo') return openWorkspace(setup, turn);
  warmUp(setup, turn).catch((cause: unknown) =>
    setup.logger.warn({ threadId: turn.threadId, cause }, 'a sandbox was not opened ahead of its use'),
  );
}

/** Nothing depends on it: whoever needs the sandbox opens it, or waits for this. */
async function warmUp(setup: AgentSetup, turn: Turn): Promise<void> {
  await sleep(warmUpAfterMs);
  const run = await setup.store.runs.get(turn.run.id);
  if (run?.status === 'running' && !turn.signal.aborted) await openWorkspace(setup, turn);
}

/**
 * A sandbox that does not open is said once, in the timeline; the conversation goes on, and tools answer with the same
 * sentence.
 */
async function openWorkspace(setup: AgentSetup, turn: Turn): Promise<void> {
  try {
    const sandbox = await turn.sandbox();
    await seedDemoProject(setup, turn, sandbox);
    Object.assign(turn.memory, await readProject(sandbox, turn.memory, setup.ownSkills));
  } catch (cause) {
    if (!(cause instanceof CrosspointError)) throw cause;
    await turn.commit([{ type: 'notice', data: { code: cause.code, message: cause.message } }]);
  }
}

async function seedDemoProject(setup: AgentSetup, turn: Turn, sandbox: Sandbox): Promise<void> {
  if (!setup.seed) return;
  const { modelConfig } = await turn.thread();
  if (modelConfig.provider !== 'demo') return;
  const entries = await sandbox.files.list('.', { maxEntries: 50 });
  if (entries.some((entry) => !entry.path.startsWith('.'))) return;
  const files = Object.entries(await setup.seed.demoProject());
  for (const [path, content] of files)
    await sandbox.files.write(path, typeof content === 'string' ? Buffer.from(content) : content);
  const message = `The workspace was empty: ${files.length} files of a sample project were put into it.`;
  await turn.commit([{ type: 'notice', data: { code: 'sample_project', message } }]);
}

/**
 * The file that a person has open, to be stored with their message: the prompt prefix then never changes afterwards.
 * null when the same content already stands in the conversation, or nothing is open.
 */
export async function openFilePart(
  setup: AgentSetup,
  thread: ThreadOfSandbox,
  path: string,
  transcript: readonly Message[],
): Promise<FilePart | null> {
  const content = await Promise.race([readOpenFile(setup, thread, path), timeout(openFileTimeoutMs)]);
  if (content === null) return null;
  const part: FilePart = {
    type: 'file',
    name: `${path} (open in the editor)`,
    mediaType: 'text/plain',
    data: Buffer.from(content).toString('base64'),
  };
  const before = transcript
    .flatMap((message) => message.parts)
    .findLast((known): known is FilePart => known.type === 'file' && known.name === part.name);
  return before?.data === part.data ? null : part;
}

/** Text of the open file, capped; a sentence in its place when it cannot be read. */
async function readOpenFile(setup: AgentSetup, thread: ThreadOfSandbox, path: string): Promise<string> {
  try {
    const sandbox = await setup.workspaces.open(thread);
    const text = decodeText(await sandbox.files.read(path));
    if (text === null) return '(not a text file)';
    return text.length > maxFileContent
      ? `${text.slice(0, maxFileContent)}\n[cut: use read_file for the rest]`
      : text;
  } catch (cause) {
    if (cause instanceof CrosspointError) return `(could not be read: ${cause.message})`;
    throw cause;
  }
}

function timeout(milliseconds: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), milliseconds).unref());
}
