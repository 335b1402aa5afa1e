import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProviders, type Providers } from '#tests/upstreams/index.ts';
import { matrixTargets, ownProvider } from './matrix/matrix-targets.ts';
import { Crosspoint } from './support/crosspoint.ts';
import { dumpRecord } from './support/dump-record.ts';
import { recordedSession } from './support/recorded-session.ts';

let providers: Providers;
let crosspoint: Crosspoint;
let threadId = '';
const folder = mkdtempSync(join(tmpdir(), 'crosspoint-record-'));

before(async () => {
  providers = await startProviders({
    chunking: 'whole',
    script: ({ model }) => ({ text: `${model} here.` }),
  });
  crosspoint = await Crosspoint.start({ ...providers.env(), ...ownProvider(providers.compatible.baseUrl) });
  const path = join(folder, 'session.jsonl');
  writeFileSync(path, recordedSession(500).join('\n'));
  const { stdout } = await crosspoint.command('import', path);
  threadId = /\/t\/(thread_\w+)/.exec(stdout)?.[1] ?? '';
});
after(async () => {
  await crosspoint.remove();
  await providers.close();
  rmSync(folder, { recursive: true });
});

/** Tables that a switch has no business with. */
function untouched(): object {
  const { threads, events, settings, ...rest } = dumpRecord(crosspoint.dataDir);
  const kept = threads?.map(({ model_config: _model, updated_at: _at, ...row }) => row);
  const known = events?.filter(({ type }) => type !== 'model.switched');
  const other = settings?.filter(({ key }) => !String(key).startsWith('models.'));
  return { ...rest, threads: kept, events: known, settings: other };
}

test('looking at what a switch would do stores nothing', async () => {
  const before = dumpRecord(crosspoint.dataDir);
  for (const { config } of matrixTargets)
    await crosspoint.api('POST', `/api/threads/${threadId}/switch/preview`, { modelConfig: config });
  assert.deepEqual(dumpRecord(crosspoint.dataDir), before);
});

test('100 switches in a thread of 500 messages leave 100 records of a switch, and nothing else that is stored is another', async () => {
  const { config: first } = matrixTargets[0] as (typeof matrixTargets)[number];
  await crosspoint.api('PATCH', `/api/threads/${threadId}`, { modelConfig: first });
  const before = untouched();
  const switches = () =>
    dumpRecord(crosspoint.dataDir).events?.filter(({ type }) => type === 'model.switched');
  const had = switches()?.length ?? 0;
  for (let count = 1; count <= 100; count++) {
    const { config } = matrixTargets[count % matrixTargets.length] as (typeof matrixTargets)[number];
    await crosspoint.api('PATCH', `/api/threads/${threadId}`, { modelConfig: config });
  }
  assert.deepEqual(untouched(), before);
  assert.equal(switches()?.length, had + 100);
  assert.equal(providers.requests.filter(({ method }) => method === 'POST').length, 0, 'no model was asked');
});

test('after them a model gets the very bytes that it would have got without them', async () => {
  const { config } = matrixTargets[2] as (typeof matrixTargets)[number];
  await crosspoint.say({ threadId, message: 'One.', modelConfig: config });
  const bytes = () => {
    const { bodyText = '' } = providers.requests.findLast(({ body }) => body.model === config.model) ?? {};
    return bodyText.replaceAll(/,"cache_control":\{[^}]*\}/g, '').replace(/[\]}]+$/, '');
  };
  const earlier = bytes();
  for (const { config: other } of matrixTargets)
    await crosspoint.api('PATCH', `/api/threads/${threadId}`, { modelConfig: other });
  await crosspoint.say({ threadId, message: 'Two.', modelConfig: config });
  assert.ok(earlier.length > 10_000);
  assert.ok(bytes().startsWith(earlier));
  assert.deepEqual(providers.refusals, []);
});
