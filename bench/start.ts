import { setTimeout as sleep } from 'node:timers/promises';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { residentKilobytes } from './support/process.ts';
import { median, type Benchmark, type Outcome } from './support/figures.ts';

const starts = 5;
/** What starts in the background has ended by then. */
const idleMs = 5_000;

/** From the start of the built program to its ready line, and the memory of the idle process. */
export const start: Benchmark = {
  name: 'start',
  async run(): Promise<Outcome> {
    const [times, kilobytes]: [number[], number[]] = [[], []];
    for (let count = 0; count < starts; count += 1) {
      const crosspoint = await Crosspoint.start({});
      try {
        times.push(crosspoint.readyMs);
        if (count < 2) await sleep(idleMs);
        if (count < 2) kilobytes.push(residentKilobytes(crosspoint.pid));
      } finally {
        await crosspoint.remove();
      }
    }
    return {
      figures: [
        { name: 'start to ready, median', value: median(times), unit: 'ms', bar: 2_000 },
        { name: 'idle memory', value: Math.max(...kilobytes) / 1_024, unit: 'MB', bar: 180 },
      ],
    };
  },
};
