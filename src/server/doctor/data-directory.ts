import { statfsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { openStore } from '../store/open-store.ts';
import type { Finding } from './finding.ts';

/** Below this, a sandbox of a larger project may not fit. */
const wantedBytes = 1024 ** 3;

/** Opens the record as the server does, which checks the file too. */
export async function checkDataDirectory({ dataDir }: Config): Promise<Finding[]> {
  const subject = 'Data';
  try {
    const store = await openStore(dataDir);
    await store.close();
  } catch (cause) {
    return [{ state: 'bad', subject, detail: (cause as Error).message }];
  }
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const gigabytes = `${(free / 1024 ** 3).toFixed(1)} GB free`;
  if (free >= wantedBytes) return [{ state: 'ok', subject, detail: `${dataDir}, ${gigabytes}` }];
  return [
    {
      state: 'bad',
      subject,
      detail: `${dataDir}, only ${gigabytes}`,
      remedy: 'Free some space on its disk.',
    },
  ];
}
