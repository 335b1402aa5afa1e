import type { ProviderView } from '#protocol/workspace.ts';
import type { Config } from '../config.ts';
import { createProviders } from '../sandbox/create-providers.ts';
import { findProgram } from '../sandbox/local/programs.ts';
import type { Finding } from './finding.ts';

/** Runs the self-test with the flags of production, and asks the service that new threads have their sandboxes with. */
export async function checkSandbox(config: Config): Promise<Finding[]> {
  const providers = createProviders(config, { installId: 'doctor' });
  try {
    const views = await providers.selfTests();
    const wanted = views.filter(({ type, configured }) => configured || type === config.sandbox);
    return [...wanted.map((view) => findingOf(view, config)), ripgrep()];
  } finally {
    await providers.close();
  }
}

function findingOf({ type, ok, detail, remedy }: ProviderView, { sandbox, sandboxEgress }: Config): Finding {
  const subject = type === 'local' ? 'Sandbox' : `Sandbox (${type})`;
  const state = ok ? 'ok' : type === sandbox ? 'bad' : 'off';
  if (!ok) return { state, subject, detail, ...(remedy === undefined ? {} : { remedy }) };
  const network = sandboxEgress.length ? `network: ${sandboxEgress.join(', ')}` : 'no network';
  return { state, subject, detail: `${detail}; ${network}` };
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
