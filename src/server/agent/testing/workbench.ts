import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { ThreadEvent } from '#protocol/events.ts';
import type { ToolResultPart } from '#protocol/message.ts';
import type { Model, ModelConfig } from '#protocol/model.ts';
import type { Target } from '#server/gateway/types.ts';
import type { ModelManager } from '#server/models/types.ts';
import { NodeSqliteSaver } from '#server/store/checkpoint-saver.ts';
import { openStore } from '#server/store/open-store.ts';
import type { SandboxProvider } from '#server/sandbox/sandbox.ts';
import { createEventLog } from '#server/stream/log.ts';
import { testWorkspaces } from '#server/workspace/testing/workspaces.ts';
import { createAgent } from '../create-agent.ts';
import type { AgentParts } from '../parts.ts';
import type { Tool } from '../tools/tool.ts';
import type { ToolSource } from '../tools/toolbox.ts';
import type { StartCommand } from '../types.ts';
import { DirectorySandboxes } from './directory-sandbox.ts';
import { ScriptedGateway, type Script } from './scripted-gateway.ts';

export const user = 'user-1';

const wires = { red: 'openai-chat', blue: 'anthropic-messages', demo: 'openai-responses' } as const;

/** Two models on two wires, and the demo provider. */
export function fixedModels(): ModelManager {
  const check = (provider: string, model: string): ModelConfig => {
    if (!(provider in wires)) throw new CrosspointError('unknown_provider', { provider, known: 'red, blue' });
    return { provider, model };
  };
  const target = ({ provider, model }: Pick<ModelConfig, 'provider' | 'model'>): Target => ({
    provider,
    model,
    wire: wires[provider as keyof typeof wires],
    cost: { input: 1, output: 2 },
    contextWindow: 100_000,
    maxOutput: 8_000,
    capabilities: { tools: true, images: true, reasoning: true, temperature: true },
  });
  return {
    list: () => [],
    presets: () => ['red', 'blue'],
    resolveName(name) {
      if (!(name in wires)) throw new CrosspointError('invalid_model_preset');
      return { provider: name, model: `${name}-1` };
    },
    resolveCustom: check,
    assertUsable({ provider, model }) {
      if (model === 'retired')
        throw new CrosspointError('model_retired', { provider, model, when: '', successor: 'red/red-1' });
    },
    describe: (config) => ({ ...config, name: config.model }) as Model,
    target,
    defaultConfig: () => ({ provider: 'red', model: 'red-1' }),
    rememberChoice: () => Promise.resolve(),
    refresh: () => Promise.resolve(),
  };
}

interface WorkbenchOptions extends Partial<AgentParts> {
  dataDir?: string;
  sandboxes?: SandboxProvider;
  /** Tools that work with what the workbench makes. */
  toolsWith?: (made: Pick<AgentParts, 'store' | 'gateway'>) => readonly Tool[];
  sourcesWith?: (made: Pick<AgentParts, 'store' | 'workspaces'>) => Promise<readonly ToolSource[]>;
}

/** The real store, log, saver and agent over a data directory, with a scripted model. */
export async function openWorkbench(
  script: Script,
  { toolsWith, sourcesWith, ...options }: WorkbenchOptions = {},
) {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'crosspoint-agent-'));
  const store = await openStore(dataDir);
  const log = createEventLog(store);
  const gateway = new ScriptedGateway(store, script);
  const root = join(dataDir, 'workspaces');
  const sandboxes = options.sandboxes ?? new DirectorySandboxes(root);
  const workspaces = options.workspaces ?? testWorkspaces({ store, log, dataDir }, sandboxes);
  const checkpointer = new NodeSqliteSaver(join(dataDir, 'checkpoints.db'));
  const agent = createAgent({
    store,
    log,
    gateway,
    models: fixedModels(),
    workspaces,
    checkpointer,
    ...options,
    ...(toolsWith ? { tools: toolsWith({ store, gateway }) } : {}),
    ...(sourcesWith ? { toolSources: await sourcesWith({ store, workspaces }) } : {}),
  });
  const events = (threadId: string): Promise<ThreadEvent[]> => store.events.list(threadId, 0, 100_000);
  return {
    agent,
    store,
    log,
    gateway,
    checkpointer,
    workspaces,
    dataDir,
    events,
    /** Starts and waits for the end of the run. */
    async run(command: StartCommand | string) {
      const accepted = await agent.start(user, typeof command === 'string' ? { message: command } : command);
      return agent.answer(user, accepted.runId);
    },
    async types(threadId: string): Promise<string[]> {
      return (await events(threadId)).map((event) => event.type);
    },
    async results(threadId: string): Promise<ToolResultPart[]> {
      const messages = await store.messages.list(threadId);
      return messages.flatMap((message) => message.parts).filter((part) => part.type === 'tool-result');
    },
    file: (threadId: string, path: string) => readFileSync(join(root, threadId, path), 'utf8'),
    async close() {
      await agent.close();
      await workspaces.close();
      checkpointer.close();
      await store.close();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export type Workbench = Awaited<ReturnType<typeof openWorkbench>>;

/** Answers request after request from a list, then says "done". */
export function inOrder(...replies: Parameters<typeof step>[0][]): Script {
  return (_request, count) => step(replies[count] ?? { text: 'done' });
}

function step(reply: Awaited<ReturnType<Script>>): Awaited<ReturnType<Script>> {
  return reply;
}
