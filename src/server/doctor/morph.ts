import { morphConnection } from '../agent/fast-apply.ts';
import type { Config } from '../config.ts';
import type { Finding } from './finding.ts';
import { checkRemote } from './providers.ts';

/** Whether Morph answers with its key: nothing is merged for it. */
export async function checkMorph({ morph }: Pick<Config, 'morph'>): Promise<Finding[]> {
  const connection = morphConnection(morph);
  if (connection) return [await checkRemote(connection)];
  return [{ state: 'off', subject: 'Morph', detail: 'MORPH_API_KEY is not set; edits are applied here' }];
}
