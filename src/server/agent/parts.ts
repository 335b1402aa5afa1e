import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import type { Gateway } from '#server/gateway/types.ts';
import type { ModelManager } from '#server/models/types.ts';
import type { Store } from '#server/store/store.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { EventLog } from '#server/stream/log.types.ts';
import { Locks } from '#server/workspace/history/locks.ts';
import type { Workspaces } from '#server/workspace/types.ts';
import { PartCounter } from './handoff/tokens/part-sizes.ts';
import { TokenCounter } from './handoff/tokens/token-counter.ts';
import type { SkillFiles } from './skills/read-skills.ts';
import { standardTools } from './tools/index.ts';
import type { Tool } from './tools/tool.ts';
import { Toolbox, type ToolSource } from './tools/toolbox.ts';

/** What the agent is made of; wired in `app.ts`. */
export interface AgentParts {
  store: Store;
  log: EventLog;
  gateway: Gateway;
  models: ModelManager;
  workspaces: Workspaces;
  /** Holds the graph's checkpoints of open turns only. */
  checkpointer: BaseCheckpointSaver;
  tools?: readonly Tool[];
  /** Tools that not every thread has. */
  toolSources?: readonly ToolSource[];
  logger?: AgentLogger;
  limits?: Partial<Limits>;
  seed?: DemoSeed;
  /** The person's skills, offered in every workspace. */
  ownSkills?: SkillFiles | null;
  /** The files of a workspace are in use, or were changed: an index of them can follow. */
  onWorkspaceUse?: (workspaceId: string, sandbox: Sandbox) => void;
  /** Called at every durable step; a test kills the process in it (`CRASH_AT`). */
  point?: CrashPoint;
}

export interface AgentLogger {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export type CrashPoint = (name: string) => void;

/** The sample project of the scripted demo models: path to content. */
export interface DemoSeed {
  demoProject(): Record<string, string | Uint8Array> | Promise<Record<string, string | Uint8Array>>;
}

export interface Limits {
  /** Requests to a model in one turn. */
  steps: number;
  /** Identical failing calls in a row, after which the run stops. */
  identicalFailures: number;
  callsPerMessage: number;
  argumentBytes: number;
  argumentDepth: number;
  /** Characters of one call's output that go into events; the result itself has its own cap. */
  outputEventCharacters: number;
}

const defaultLimits: Limits = {
  steps: 100,
  identicalFailures: 3,
  callsPerMessage: 32,
  argumentBytes: 256 * 1024,
  argumentDepth: 64,
  outputEventCharacters: 100_000,
};

/** The parts with every default filled in. */
export interface AgentSetup extends Omit<Required<AgentParts>, 'tools' | 'toolSources' | 'limits' | 'seed'> {
  tools: Toolbox;
  tokens: TokenCounter;
  partCounter: PartCounter;
  /** By sandbox, which threads may share: no two edits read and write files of it at the same time. */
  edits: Locks;
  limits: Limits;
  seed: DemoSeed | null;
}

export function fillParts(parts: AgentParts): AgentSetup {
  return {
    ...parts,
    tools: new Toolbox(parts.tools ?? standardTools, parts.toolSources),
    tokens: new TokenCounter(parts.store.settings),
    partCounter: new PartCounter(),
    edits: new Locks(),
    logger: parts.logger ?? { warn: () => undefined, error: () => undefined },
    limits: { ...defaultLimits, ...parts.limits },
    seed: parts.seed ?? null,
    ownSkills: parts.ownSkills ?? null,
    onWorkspaceUse: parts.onWorkspaceUse ?? (() => undefined),
    point: parts.point ?? (() => undefined),
  };
}
