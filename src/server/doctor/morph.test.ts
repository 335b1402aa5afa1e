import { test } from 'node:test';
import assert from 'node:assert/strict';
import { MorphService } from '#tests/support/morph/service.ts';
import { checkMorph } from './morph.ts';

test('Morph is off without a key, asked for without a merge, and refuses a wrong one', async () => {
  const morph = await new MorphService(() => ({ text: '' })).start();
  const { baseUrl, key } = morph;
  const check = async (given: string | null) => (await checkMorph({ morph: { key: given, baseUrl } }))[0];
  assert.deepEqual([(await check(null))?.state, (await check(key))?.state], ['off', 'ok']);
  assert.match((await check('wrong-key'))?.remedy ?? '', /Correct MORPH_API_KEY/);
  assert.equal(morph.asked.length, 0);
  await morph.stop();
  const gone = await check(key);
  assert.deepEqual([gone?.state, gone?.remedy], ['bad', 'Check the network, or MORPH_BASE_URL in .env.']);
});
