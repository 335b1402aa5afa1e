import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalSandboxes } from '#server/sandbox/local/local-sandboxes.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { openStore } from '#server/store/open-store.ts';
import { createWorkspaceHistory } from '#server/workspace/history/workspace-history.ts';
import type { WorkspaceHistory } from '#server/workspace/types.ts';
import { median, type Benchmark, type Figure, type Outcome } from './support/figures.ts';

const files = 2_000;
const changed = 10;
const rounds = 15;

/** What the history of a workspace costs: of a repository with 2,000 files in a pod, of which 10 change at a time. */
export const workspace: Benchmark = {
  name: 'workspace',
  async run(): Promise<Outcome> {
    const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-bench-workspace-'));
    const sandboxes = createLocalSandboxes({ dataDir });
    const store = await openStore(dataDir);
    try {
      const health = await sandboxes.selfTest();
      if (!health.ok) return { skipped: `${health.reason} ${health.remedy}` };
      const history = createWorkspaceHistory(store, dataDir, {
        warn: (_details, text) => console.warn(text),
      });
      const sandbox = await sandboxes.open('w');
      await fill(sandbox);
      return { figures: await figuresOf(history, sandbox, await sandboxes.open('other')) };
    } finally {
      await store.close();
      await sandboxes.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};

async function figuresOf(history: WorkspaceHistory, sandbox: Sandbox, fresh: Sandbox): Promise<Figure[]> {
  const first = await timed(() => history.save(sandbox, 'w', 'turn'));
  const [saves, steps, idle]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    await change(sandbox, round);
    saves.push(await timed(() => history.save(sandbox, 'w', 'turn')));
    idle.push(await step(history, sandbox, `idle-${round}`, async () => undefined));
    steps.push(await step(history, sandbox, `step-${round}`, () => change(sandbox, rounds + round)));
  }
  const nothing = await timed(() => history.save(sandbox, 'w', 'turn'));
  const restore = await timed(() => history.restore(fresh, 'w'));
  const what = `of ${files} files`;
  return [
    { name: `snapshot ${what}, ${changed} changed, median`, value: median(saves), unit: 'ms', bar: 300 },
    { name: `record of a step, ${changed} changed, median`, value: median(steps), unit: 'ms' },
    { name: 'record of a step that changed nothing, median', value: median(idle), unit: 'ms' },
    { name: `first snapshot ${what}`, value: first, unit: 'ms' },
    { name: 'snapshot after one step', value: nothing, unit: 'ms' },
    { name: `restore ${what}, ${rounds} links`, value: restore, unit: 'ms' },
  ];
}

/** Milliseconds that the history adds to a step; the step itself does not count. */
async function step(
  history: WorkspaceHistory,
  sandbox: Sandbox,
  toolCallId: string,
  work: () => Promise<void>,
): Promise<number> {
  const about = { threadId: 'w', toolCallId, runId: 'r' };
  const begin = await timed(() => history.begin(sandbox, { ...about, paths: null }));
  await work();
  return begin + (await timed(() => history.end(sandbox, about)));
}

async function fill(sandbox: Sandbox): Promise<void> {
  await run(
    sandbox,
    `mkdir -p src && cd src && for ((i = 0; i < ${files}; i++)); do mkdir -p "m$((i / 50))"; for ((l = 0; l < 40; l++)); do echo "export const line$l = $i;"; done > "m$((i / 50))/f$i.ts"; done
     cd .. && git init -q && git add -A && git -c user.name=p -c user.email=p@localhost commit -qm start`,
  );
}

async function change(sandbox: Sandbox, round: number): Promise<void> {
  await run(
    sandbox,
    `for ((i = 0; i < ${changed}; i++)); do n=$(((i * 197 + ${round}) % ${files})); echo "// ${round}" >> "src/m$((n / 50))/f$n.ts"; done`,
  );
}

async function run(sandbox: Sandbox, command: string): Promise<void> {
  const { exitCode, stderr } = await sandbox.exec(command);
  if (exitCode !== 0) throw new Error(stderr);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
