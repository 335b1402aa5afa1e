import * as v from 'valibot';

/** What a person may send about a workspace; as in `commands.ts`, unknown fields are ignored. */

const path = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(4_096),
  v.check((text) => !text.includes('\0'), 'contains a zero byte'),
);
/** SHA-256 in hex. */
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex'));
const line = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1),
  v.maxLength(300),
  v.check((text) => !/\p{Cc}/u.test(text), 'is one line'),
);

/** `PUT /api/threads/{id}/files/content`; without `hash` whatever is there is replaced. */
export const saveFileCommand = v.object({
  path,
  content: v.pipe(v.string(), v.maxLength(10 * 1024 * 1024)),
  hash: v.optional(v.nullable(hash)),
});

/** `POST /api/threads/{id}/previews` */
export const openPreviewCommand = v.object({
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
});

/** `POST /api/threads/{id}/git/clone` */
export const cloneCommand = v.object({
  url: v.pipe(
    v.string(),
    v.trim(),
    v.maxLength(2_000),
    v.regex(/^https?:\/\/[^\s@]+$/, 'is an http(s) address without a password'),
  ),
  branch: v.optional(line),
});
/** `POST /api/threads/{id}/git/branch` */
export const branchCommand = v.object({ name: line });
/** `POST /api/threads/{id}/git/commit` */
export const commitCommand = v.object({
  message: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(20_000)),
});
