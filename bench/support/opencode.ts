import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The peer that the agent's step is held against; installed apart from the project, for the benchmark alone. */
const version = '1.18.33';

/** The path of its program, or null where it cannot be installed. */
export function installOpencode(): string | null {
  const folder = join(tmpdir(), `crosspoint-bench-opencode-${version}`);
  const program = join(folder, `node_modules/opencode-linux-x64/bin/opencode`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const arguments_ = [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    `opencode-linux-x64@${version}`,
  ];
  spawnSync('npm', arguments_, { cwd: folder, stdio: 'ignore', timeout: 180_000 });
  return existsSync(program) ? program : null;
}

/** One turn in its non-interactive mode, with everything allowed, against the same model. */
export async function runOpencode(
  program: string,
  home: string,
  workspace: string,
  origin: string,
  message: string,
): Promise<void> {
  const config = {
    $schema: 'https://opencode.ai/config.json',
    provider: {
      mock: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Mock',
        options: { baseURL: `${origin}/v1`, apiKey: 'none' },
        models: { instant: { name: 'Instant', tool_call: true } },
      },
    },
    model: 'mock/instant',
    small_model: 'mock/instant',
    permission: { bash: 'allow', edit: 'allow', webfetch: 'deny' },
    autoupdate: false,
    share: 'disabled',
  };
  writeFileSync(join(workspace, 'opencode.json'), JSON.stringify(config));
  const child = spawn(program, ['run', '--model', 'mock/instant', message], {
    cwd: workspace,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  if (code !== 0) throw new Error(`opencode ended with ${code}:\n${output.slice(-2_000)}`);
}
