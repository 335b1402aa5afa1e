import type { Config } from '../config.ts';
import { createLocalSandboxes } from '../sandbox/local/local-sandboxes.ts';
import { findProgram } from '../sandbox/local/programs.ts';
import type { Finding } from './finding.ts';

/** Runs the self-test with the flags of production. */
export async function checkSandbox({ sandbox, dataDir, sandboxEgress }: Config): Promise<Finding[]> {
  const subject = 'Sandbox';
  if (sandbox !== 'local')
    return [
      { state: 'bad', subject, detail: `"${sandbox}" is not in this version.`, remedy: 'Set SANDBOX=local.' },
    ];
  const sandboxes = createLocalSandboxes({ dataDir, egress: sandboxEgress });
  try {
    const health = await sandboxes.selfTest();
    if (!health.ok) return [{ state: 'bad', subject, detail: health.reason, remedy: health.remedy }];
    const network = sandboxEgress.length ? `network: ${sandboxEgress.join(', ')}` : 'no network';
    return [{ state: 'ok', subject, detail: `${health.detail}; ${network}` }, ripgrep()];
  } finally {
    await sandboxes.close();
  }
}

function ripgrep(): Finding {
  const subject = 'ripgrep';
  if (findProgram('rg')) return { state: 'ok', subject, detail: 'makes searches in large workspaces fast' };
  return {
    state: 'off',
    subject,
    detail: 'not installed; searches work without it, more slowly',
    remedy: 'apt-get install ripgrep',
  };
}
