import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ConfigError, readConfig } from './config.ts';

test('an empty environment gives the defaults', () => {
  const config = readConfig({});
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 3210);
  assert.equal(config.baseUrls.anthropic, 'https://api.anthropic.com');
  assert.deepEqual(config.sandboxEgress, []);
  assert.equal(config.helicone.mode, 'proxy');
  assert.equal(config.keys.openai, null);
});

test('an empty variable is an unset one', () => {
  assert.equal(readConfig({ OPENAI_API_KEY: ' ', PORT: '' }).keys.openai, null);
});

test('a wrong value is an error that names its variable', () => {
  const wrong: Record<string, string> = {
    PORT: '70000',
    HELICONE_MODE: 'both',
    SANDBOX: 'docker',
    OPENAI_BASE_URL: 'not a url',
    CROSSPOINT_API_TOKEN: 'short',
    CROSSPOINT_DEADLINE_SCALE: 'fast',
    CUSTOM_PROVIDERS: '{"id":1}',
    DATABASE_URL: 'mysql://x',
  };
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error: unknown) => error instanceof ConfigError && error.variable === name && error.message.length > 5,
      name,
    );
  }
});

test('custom providers take their key from the variable they name', () => {
  const config = readConfig({
    CUSTOM_PROVIDERS: '[{"id":"mine","baseUrl":"http://127.0.0.1:9/v1/","apiKeyEnv":"MINE","models":["m"]}]',
    MINE: 'secret',
  });
  assert.deepEqual(config.customProviders, [
    {
      id: 'mine',
      label: 'mine',
      baseUrl: 'http://127.0.0.1:9/v1',
      apiKeyEnv: 'MINE',
      wire: 'openai-chat',
      models: ['m'],
    },
  ]);
  assert.deepEqual(config.customKeys, { MINE: 'secret' });
});
