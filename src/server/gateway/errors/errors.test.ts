import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCatalogue, type ErrorCode } from '#protocol/errors.ts';
import { openWorkbench, request, target } from '../testing/workbench.ts';
import { classifyError } from './classify-error.ts';
import { errorFacts, parseOrText } from './error-facts.ts';
import { redact, shortDetail } from './redact.ts';

/** Bodies as providers send them, and what a person is told. */
const bodies: [status: number, body: string, code: ErrorCode][] = [
  [
    400,
    '{"error":{"message":"This model\'s maximum context length is 128000 tokens","code":"context_length_exceeded"}}',
    'context_overflow',
  ],
  [
    400,
    '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}',
    'context_overflow',
  ],
  [
    400,
    '{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\\"error\\":{\\"message\\":\\"prompt is too long\\"}}"}}}',
    'context_overflow',
  ],
  [
    400,
    '{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}',
    'context_overflow',
  ],
  [
    413,
    '{"error":{"message":"Request too large for model `openai/gpt-oss-120b` on tokens per minute (TPM): Limit 8000, Requested 21000, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}',
    'context_overflow',
  ],
  [
    429,
    '{"error":{"message":"Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced in order to run successfully.","type":"tokens","code":"rate_limit_exceeded"}}',
    'context_overflow',
  ],
  [
    400,
    '{"error":{"message":"Invalid \'messages\': array too long. Expected an array with maximum length 2048, but got an array with length 2050 instead.","code":"array_above_max_length"}}',
    'context_overflow',
  ],
  [400, '{"error":{"code":"1261","message":"Prompt exceeds max length"}}', 'context_overflow'],
  [
    400,
    '{"error":{"message":"<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]"}}',
    'context_overflow',
  ],
  [
    400,
    '{"error":{"message":"prompt token count of 130000 exceeds the limit of 128000","code":"model_max_prompt_tokens_exceeded"}}',
    'context_overflow',
  ],
  [
    422,
    '{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000","error_type":"validation"}',
    'context_overflow',
  ],
  [
    400,
    '{"error":{"message":"Invalid \'messages[2].tool_calls\': array too long. Expected an array with maximum length 128, but got an array with length 200 instead."}}',
    'provider_bad_request',
  ],
  [
    400,
    '{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}',
    'provider_refused_seal',
  ],
  [
    400,
    '{"type":"error","error":{"type":"invalid_request_error","message":"messages.3.content.0: Invalid `signature` in `thinking` block: The block is bound to a different conversation."}}',
    'provider_refused_seal',
  ],
  [
    400,
    '{"error":{"message":"The encrypted content gAAA... could not be verified. Reason: Encrypted content organization_id did not match the target organization.","code":"invalid_encrypted_content"}}',
    'provider_refused_seal',
  ],
  [
    404,
    '{"error":{"message":"Item with id \'rs_1\' not found. Items are not persisted when `store` is set to false.","type":"invalid_request_error"}}',
    'provider_refused_seal',
  ],
  [
    400,
    '{"error":{"code":400,"message":"Corrupted thought signature.","status":"INVALID_ARGUMENT"}}',
    'provider_refused_seal',
  ],
  [413, '{"error":{"message":"Request too large","type":"request_too_large"}}', 'provider_bad_request'],
  [
    429,
    '{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}',
    'provider_no_credit',
  ],
  [
    400,
    '{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}',
    'provider_no_credit',
  ],
  [402, '{"error":{"message":"Insufficient credits","code":402}}', 'provider_no_credit'],
  [
    429,
    '{"error":{"message":"Rate limit reached for model in organization: Limit 6000 tokens","type":"tokens","code":"rate_limit_exceeded"}}',
    'provider_rate_limited',
  ],
  [400, '{"error":{"message":"The response was filtered","code":"content_filter"}}', 'content_filtered'],
  [
    404,
    '{"type":"error","error":{"type":"not_found_error","message":"model: claude-1"}}',
    'provider_model_not_found',
  ],
  [400, '{"error":{"message":"foo/bar is not a valid model ID","code":400}}', 'provider_model_not_found'],
  [
    400,
    '{"error":{"message":"The model `mixtral-8x7b` has been decommissioned","code":"model_decommissioned"}}',
    'provider_model_not_found',
  ],
  [404, '404 page not found', 'provider_bad_request'],
  [401, '{"error":"unauthorized"}', 'provider_auth'],
  [403, '{"error":{"message":"Project does not have access to model"}}', 'provider_forbidden'],
  [529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'provider_overloaded'],
  [503, '<html>bad gateway</html>', 'provider_overloaded'],
  [422, '{"detail":[{"loc":["body"],"msg":"field required"}]}', 'provider_bad_request'],
];

for (const [status, body, code] of bodies)
  test(`${status} ${body.slice(0, 90)} is ${code}`, () => {
    const subject = { provider: 'P', model: 'm', variable: 'P_API_KEY' };
    const error = classifyError(status, errorFacts(parseOrText(body)), 'detail', subject);
    assert.equal(error.code, code);
    assert.doesNotMatch(error.message, /\{\w+\}/);
  });

test('the status that Groq puts into the error of a stream is its status', () => {
  const error = { message: 'Failed to call a function.', code: 'tool_use_failed', status_code: 400 };
  assert.equal(errorFacts({ error }).status, 400);
});

test('I9: keys leave in no form: plain, base64, encoded, or any that looks like one', () => {
  const secret = 'very/secret+key=123';
  const text = `a ${secret} b ${Buffer.from(secret).toString('base64')} c ${encodeURIComponent(secret)} sk-ant-api03-abcdefgh12 Bearer xyzxyzxyz`;
  const clean = redact(text, [secret, null, '']);
  for (const part of [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
    'abcdefgh12',
    'xyzxyzxyz',
  ])
    assert.ok(!clean.includes(part), part);
});

test('an error body is one short line without control characters', () => {
  const line = shortDetail(`a\u001b[31m\n\n${'b'.repeat(1_000)}`, []);
  assert.ok(line.length <= 300);
  assert.doesNotMatch(line, /[\u0000-\u001f]/);
});

for (const helicone of [undefined, 'proxy', 'gateway'] as const)
  test(`I9: a provider that echoes the keys gives them to nobody, over ${helicone ?? 'direct'}`, async () => {
    const warnings: string[] = [];
    await using bench = await openWorkbench({
      ...(helicone ? { helicone } : {}),
      logger: { warn: (...line) => warnings.push(JSON.stringify(line)) },
      script: () => {
        const keys = [bench.providers.openai.key, bench.providers.helicone.key].join(' ');
        return { fault: { kind: 'status', status: 400, message: `bad request with ${keys}` } };
      },
    });
    const { failure, events } = await bench.ask(request(target('openai:gpt-4o')));
    assert.match(failure?.message ?? '', /bad request with \[redacted\] \[redacted\]/);
    const all = JSON.stringify([failure?.message, failure?.cause, events, warnings, bench.ledger.rows]);
    assert.ok(!all.includes(bench.providers.openai.key) && !all.includes(bench.providers.helicone.key));
    assert.equal(warnings.length, 1);
  });

test('every code of a provider’s failure answers with a gateway status', () => {
  for (const [code, { status }] of Object.entries(errorCatalogue))
    if (code.startsWith('provider_')) assert.ok(status === 502 || status === 504, code);
});
