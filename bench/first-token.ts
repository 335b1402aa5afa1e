import { request } from 'undici';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { mockProvider } from './support/process.ts';
import { median, percentile, type Benchmark, type Outcome } from './support/figures.ts';
import { startMockModel, type MockModel } from './support/mock-model.ts';

const pairs = 60;
const warmUp = 10;

/** The first token through guard, agent, record, gateway and stream, against the same request sent to the model itself. */
export const firstToken: Benchmark = {
  name: 'first token',
  async run(): Promise<Outcome> {
    const model = await startMockModel();
    const crosspoint = await Crosspoint.start(mockProvider(model.origin));
    try {
      const { threadId } = await crosspoint.say({ message: 'Say something.' });
      const [direct, fresh, next]: [number[], number[], number[]] = [[], [], []];
      for (let pair = 0; pair < pairs; pair += 1) {
        direct.push(await directToken(model));
        fresh.push(await throughToken(crosspoint, {}));
        next.push(await throughToken(crosspoint, { threadId }));
      }
      const added = (times: number[]) =>
        times.slice(warmUp).map((time, index) => time - (direct[index + warmUp] ?? 0));
      return {
        figures: [
          { name: 'direct, median', value: median(direct.slice(warmUp)), unit: 'ms' },
          { name: 'added, next message, median', value: median(added(next)), unit: 'ms', bar: 15 },
          { name: 'added, next message, 95th percentile', value: percentile(added(next), 0.95), unit: 'ms' },
          { name: 'added, new thread, median', value: median(added(fresh)), unit: 'ms', bar: 15 },
          { name: 'added, new thread, 95th percentile', value: percentile(added(fresh), 0.95), unit: 'ms' },
        ],
      };
    } finally {
      await crosspoint.remove();
      await model.close();
    }
  },
};

function directToken(model: MockModel): Promise<number> {
  const body = { model: 'instant', stream: true, messages: [{ role: 'user', content: 'Say something.' }] };
  return timeTo(`${model.origin}/v1/chat/completions`, {}, body, '"content":');
}

/** The message, the run and its lease are committed before the model is asked. */
function throughToken(crosspoint: Crosspoint, thread: { threadId?: string }): Promise<number> {
  const headers = { ...crosspoint.headers, accept: 'text/event-stream' };
  return timeTo(
    `${crosspoint.origin}/api/agent`,
    headers,
    { message: 'Say something.', ...thread },
    'event: message.delta',
  );
}

async function timeTo(
  url: string,
  headers: Record<string, string>,
  body: object,
  sign: string,
): Promise<number> {
  const startedAt = performance.now();
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  let text = '';
  let at: number | null = null;
  for await (const chunk of response.body) {
    text += String(chunk);
    if (at === null && text.includes(sign)) at = performance.now();
  }
  if (at === null) throw new Error(`No token came from ${url}: ${text.slice(0, 500)}`);
  return at - startedAt;
}
