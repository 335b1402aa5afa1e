import { test } from 'node:test';
import assert from 'node:assert/strict';
import { isServedAsAsked } from './served-model.ts';

const same: [requested: string, served: string | undefined][] = [
  ['gpt-4.1', 'gpt-4.1'],
  ['gpt-4.1', undefined],
  ['gpt-4.1', ''],
  ['gpt-4.1', 'gpt-4.1-2025-04-14'],
  ['gpt-4', 'gpt-4-0613'],
  ['gpt-4.1', 'GPT-4.1'],
  ['o3', 'o3-2025-04-16'],
  ['claude-sonnet-4-6', 'claude-sonnet-4-6-20260101'],
  ['claude-sonnet-4-6', 'claude-sonnet-4-6@20260101'],
  ['claude-3-5-haiku-latest', 'claude-3-5-haiku-20241022'],
  ['claude-sonnet-4-6', 'claude-4.6-sonnet'],
  ['anthropic/claude-sonnet-4.6', 'anthropic/claude-4.6-sonnet-20260217'],
  ['anthropic/claude-sonnet-4.6', 'claude-sonnet-4-6'],
  ['gemini-2.5-pro', 'models/gemini-2.5-pro'],
  ['google/gemini-2.5-pro', 'models/gemini-2.5-pro'],
  ['openai/gpt-oss-120b', 'openai/gpt-oss-120b'],
  ['openai/gpt-oss-120b', 'gpt-oss-120b'],
  ['gpt-4.1', 'openai/gpt-4.1'],
  ['gpt-4.1', 'gpt-4.1/openai'],
  ['claude-sonnet-4-6', 'claude-4.6-sonnet/anthropic'],
  ['z-ai/glm-5.2', 'z-ai/glm-5.2-20260301'],
  ['z-ai/glm-5.2:nitro', 'z-ai/glm-5.2'],
  ['mistral-large', 'mistral-large-2411'],
  ['llama3.2', 'llama3.2:latest'],
  ['openrouter/auto', 'openai/gpt-4.1-mini'],
];

const different: [requested: string, served: string][] = [
  ['gpt-4.1', 'gpt-4.1-mini'],
  ['gpt-4.1', 'gpt-4.1-mini-2025-04-14'],
  ['gpt-4.1', 'gpt-4'],
  ['gpt-4', 'gpt-4o'],
  ['gpt-5', 'gpt-5-nano'],
  ['gpt-4.1-2025-04-14', 'gpt-4.1-2025-05-01'],
  ['gpt-4.1-2025-04-14', 'gpt-4.1'],
  ['claude-sonnet-4-6', 'claude-haiku-4-6'],
  ['claude-sonnet-4-6', 'claude-sonnet-4-5'],
  ['claude-sonnet-4-6', 'claude-sonnet-4-5-20250929'],
  ['claude-opus-4-6', 'claude-sonnet-4-6-20260101'],
  ['claude-sonnet-4-6', 'claude-sonnet-6-4'],
  ['anthropic/claude-sonnet-4.6', 'openai/claude-sonnet-4.6'],
  ['openai/gpt-4.1', 'anthropic/gpt-4.1'],
  ['llama-3.3-70b-versatile', 'llama-3.1-8b-instant'],
  ['llama3.2', 'llama3.2:1b'],
  ['deepseek/deepseek-r1', 'deepseek/deepseek-r1:free'],
  ['gpt-4.1', 'gpt-4.1-20251399'],
];

for (const [requested, served] of same)
  test(`${requested} is what ${served || 'an answer that names no model'} served`, () =>
    assert.equal(isServedAsAsked(requested, served), true));

for (const [requested, served] of different)
  test(`${requested} is not what ${served} served`, () =>
    assert.equal(isServedAsAsked(requested, served), false));
