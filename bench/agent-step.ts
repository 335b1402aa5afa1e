import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { mockProvider } from './support/process.ts';
import { gaps, median, percentile, type Benchmark, type Outcome } from './support/figures.ts';
import { startMockModel, type MockModel } from './support/mock-model.ts';
import { installOpencode, runOpencode } from './support/opencode.ts';

const steps = 90;
/** The first steps pay for what is loaded and compiled once; a server that runs for days has long paid. */
const warmUp = 30;
const rounds = 3;

/**
 * One step of the agent: the model asks for `true`, the command runs in the sandbox, its result is committed, the next
 * request arrives at the model. Measured at the model, so that both agents are measured in the same way.
 */
export const agentStep: Benchmark = {
  name: 'agent step',
  async run(): Promise<Outcome> {
    const model = await startMockModel();
    try {
      const opencode = installOpencode();
      const [ours, theirs]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round += 1) {
        ours.push(...(await crosspointSteps(model)));
        if (opencode) theirs.push(...(await opencodeSteps(model, opencode)));
      }
      const figures = [
        { name: 'step, median', value: median(ours), unit: 'ms', bar: 25 },
        { name: 'step, 95th percentile', value: percentile(ours, 0.95), unit: 'ms' },
      ];
      if (!theirs.length) return { figures };
      const ratio = {
        name: 'times faster than opencode',
        value: median(theirs) / median(ours),
        unit: 'x',
        bar: 8,
        atLeast: true,
      };
      const other = { name: 'opencode step, median', value: median(theirs), unit: 'ms' };
      return { figures: [...figures, other, ratio] };
    } finally {
      await model.close();
    }
  },
};

async function crosspointSteps(model: MockModel): Promise<number[]> {
  const crosspoint = await Crosspoint.start(mockProvider(model.origin));
  try {
    return await stepsOf(model, async () => {
      const answer = await crosspoint.request('POST', '/api/agent', {
        message: `Go. steps=${steps}`,
        approvalMode: 'auto',
      });
      const body = (await answer.json()) as { response?: string };
      if (!body.response?.startsWith('Done'))
        throw new Error(`The turn did not end well: ${JSON.stringify(body)}`);
    });
  } finally {
    await crosspoint.remove();
  }
}

async function opencodeSteps(model: MockModel, program: string): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-bench-opencode-'));
  try {
    const workspace = join(folder, 'workspace');
    mkdirSync(workspace);
    writeFileSync(join(workspace, 'README.md'), '# A folder\n');
    return await stepsOf(model, () =>
      runOpencode(program, folder, workspace, model.origin, `Go. steps=${steps}`),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The time between the requests of one turn, without the first ones. */
async function stepsOf(model: MockModel, turn: () => Promise<void>): Promise<number[]> {
  model.arrivals.length = 0;
  await turn();
  if (model.arrivals.length <= steps)
    throw new Error(`${model.arrivals.length} requests arrived for ${steps} steps.`);
  return gaps(model.arrivals.slice(-(steps + 1))).slice(warmUp);
}
