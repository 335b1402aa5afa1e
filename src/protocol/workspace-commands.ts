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
/** One line of text. */
export const lineText = v.pipe(
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
  branch: v.optional(lineText),
});
/** `POST /api/threads/{id}/git/branch` */
export const branchCommand = v.object({ name: lineText });
/** `POST /api/threads/{id}/git/commit` */
export const commitCommand = v.object({
  message: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(20_000)),
});

const threadPart = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/** `POST /api/threads/{id}/sandbox` */
export const moveSandboxCommand = v.object({ type: v.picklist(['local', 'e2b', 'daytona']) });

/** `POST /api/threads/{id}/changes/revert`; `hunk` null: all that is changed in the file. */
export const revertCommand = v.object({
  scope: v.pipe(v.string(), v.maxLength(300)),
  path,
  hunk: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
  hash,
});

const rewindTarget = v.variant('kind', [
  v.object({ kind: v.literal('step'), toolCallId: threadPart }),
  v.object({ kind: v.literal('message'), messageId: threadPart }),
  v.object({ kind: v.literal('redo'), rewindId: threadPart }),
]);

/** `POST /api/threads/{id}/rewind/preview` */
export const previewRewindCommand = v.object({ target: rewindTarget });

/** `POST /api/threads/{id}/rewind`; `planHash` is that of the preview, and needed where files are taken back. */
export const rewindCommand = v.object({
  target: rewindTarget,
  what: v.optional(v.picklist(['files', 'conversation', 'both']), 'files'),
  planHash: v.optional(v.pipe(v.string(), v.maxLength(200))),
  onConflict: v.optional(v.picklist(['skip', 'overwrite']), 'skip'),
});
