import { after, before, describe } from 'node:test';
import { changePromises } from './contract/changes.ts';
import { commandPromises } from './contract/commands.ts';
import { freshId } from './contract/context.ts';
import type { Context } from './contract/context.ts';
import { filePromises } from './contract/files.ts';
import { lifetimePromises } from './contract/lifetimes.ts';
import { pathPromises } from './contract/paths.ts';
import { portPromises } from './contract/ports.ts';
import { processPromises } from './contract/processes.ts';
import { scratchPromises } from './contract/scratch.ts';
import { terminalBytePromises, terminalPromises } from './contract/terminals.ts';
import type { Sandbox, SandboxProvider } from './sandbox.ts';

/** What a suite runs against; `end` removes whatever `provider` left behind. */
export interface ContractSetup {
  provider: SandboxProvider;
  end: () => Promise<void>;
}

/**
 * Every promise of `sandbox.ts` that a tool, the agent or a person relies on, for any provider.
 * @param skip the reason, where this provider cannot run
 */
export function sandboxContract(
  name: string,
  create: () => Promise<ContractSetup>,
  skip: string | false,
): void {
  describe(`the sandbox contract, kept by ${name}`, { skip, concurrency: false }, () => {
    let setup: ContractSetup;
    let sandbox: Sandbox;
    before(async () => {
      setup = await create();
      sandbox = await setup.provider.open(freshId());
    });
    after(async () => {
      await sandbox.destroy();
      await setup.end();
    });
    const context: Context = { sandbox: () => sandbox, provider: () => setup.provider };
    commandPromises(context);
    processPromises(context);
    filePromises(context);
    pathPromises(context);
    terminalPromises(context);
    terminalBytePromises(context);
    portPromises(context);
    scratchPromises(context);
    changePromises(context);
    lifetimePromises(context);
  });
}
