import { basename, dirname } from 'node:path';

/**
 * The folder of the npm that started this process, when it is not below /usr, where commands in the sandbox find it by
 * themselves: a version manager keeps it in the person's home.
 * @param env `npm_execpath` is set by npm for the scripts that it runs
 */
export function npmFolder(env: NodeJS.ProcessEnv): { npm?: string } {
  const program = env.npm_execpath ?? '';
  if (basename(program) !== 'npm-cli.js' || program.startsWith('/usr/')) return {};
  return { npm: dirname(dirname(program)) };
}
