import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installOpencode } from '../../../bench/support/opencode.ts';

/** Coding agents that take a base URL, installed apart from the project. Each recipe stands in docs/gateway.md too. */
export interface CodingAgent {
  name: string;
  /** A model that it cannot use anywhere, and why. */
  except?: { model: string; why: string };
  /** The path of its program; null where it cannot be installed. */
  install(): string | null;
  /** Writes its configuration, and gives what is run. */
  prepare(job: AgentJob): { args: string[]; env: Record<string, string> };
}

export interface AgentJob {
  /** Where the agent works; its home is beside it. */
  workspace: string;
  home: string;
  origin: string;
  key: string;
  model: string;
  task: string;
}

const codexVersion = '0.169.0';

function installCodex(): string | null {
  const folder = join(tmpdir(), `crosspoint-agent-codex-${codexVersion}`);
  const program = join(folder, 'node_modules/.bin/codex');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `@openai/codex@${codexVersion}`];
  spawnSync('npm', args, { cwd: folder, stdio: 'ignore', timeout: 180_000 });
  return existsSync(program) ? program : null;
}

/** opencode with one provider of its own: `npm` says which wire it speaks. */
function opencode(name: string, npm: string): CodingAgent {
  return {
    name,
    install: installOpencode,
    prepare({ workspace, origin, key, model, task }) {
      const config = {
        $schema: 'https://opencode.ai/config.json',
        provider: {
          crosspoint: {
            npm,
            options: { baseURL: `${origin}/v1`, apiKey: key },
            models: { [model]: { tool_call: true } },
          },
        },
        model: `crosspoint/${model}`,
        small_model: `crosspoint/${model}`,
        permission: { bash: 'allow', edit: 'allow', webfetch: 'deny' },
        autoupdate: false,
        share: 'disabled',
      };
      writeFileSync(join(workspace, 'opencode.json'), JSON.stringify(config));
      return {
        args: ['run', '--model', `crosspoint/${model}`, task],
        env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
      };
    },
  };
}

const codex: CodingAgent = {
  name: 'codex over responses',
  except: {
    model: 'openai/gpt-4o',
    why: 'codex always asks for encrypted reasoning, and OpenAI refuses that for models without reasoning',
  },
  install: installCodex,
  prepare({ home, origin, key, model, task }) {
    mkdirSync(join(home, '.codex'), { recursive: true });
    writeFileSync(
      join(home, '.codex/config.toml'),
      [
        `model = "${model}"`,
        'model_provider = "crosspoint"',
        'web_search = "disabled"',
        '[model_providers.crosspoint]',
        'name = "Crosspoint"',
        `base_url = "${origin}/v1"`,
        'env_key = "CROSSPOINT_KEY"',
        'wire_api = "responses"',
        '',
      ].join('\n'),
    );
    return {
      // The sandbox of the agent itself is not what is tried here.
      args: ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', task],
      env: { CROSSPOINT_KEY: key },
    };
  },
};

export const codingAgents: readonly CodingAgent[] = [
  opencode('opencode over chat', '@ai-sdk/openai-compatible'),
  opencode('opencode over messages', '@ai-sdk/anthropic'),
  codex,
];

/** One task from its beginning to its end. @throws with what it printed when it fails */
export async function runAgent(agent: CodingAgent, program: string, job: AgentJob): Promise<string> {
  const { args, env } = agent.prepare(job);
  const child = spawn(program, args, {
    cwd: job.workspace,
    env: { PATH: process.env.PATH, HOME: job.home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 90_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${agent.name} ended with ${code}:\n${output.slice(-3_000)}`);
  return output;
}
