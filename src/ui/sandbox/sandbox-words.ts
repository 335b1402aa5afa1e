import type { SandboxType, SandboxView } from '#protocol/workspace.ts';

const names: Record<SandboxType, string> = { local: 'this machine', e2b: 'E2B', daytona: 'Daytona' };
const states: Record<SandboxView['state'], string> = {
  new: 'not started yet',
  alive: 'running',
  stopped: 'stopped: it starts with the next command',
  gone: 'lost: the next command gets a new one with the saved files',
  unreachable: 'not reached at the moment',
};

/** Where a sandbox runs, within a sentence. */
export const sandboxName = (type: SandboxType) => names[type];
export const stateWords = (state: SandboxView['state']) => states[state];

/** Which hosts commands can reach. */
export function networkWords(network: SandboxView['network']): string {
  if (network === 'all') return 'open';
  return network.length === 0 ? 'none' : network.join(', ');
}
