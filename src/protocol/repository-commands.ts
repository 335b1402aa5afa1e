import * as v from 'valibot';
import { lineText } from './workspace-commands.ts';

/** What a person may send about the repository of a workspace, and about folders of this machine. */

/** `POST /api/threads/{id}/git/push` */
export const pushCommand = v.object({ remote: v.optional(lineText) });

/** `POST /api/threads/{id}/git/pull-request`; without `base`, into the default branch. */
export const pullRequestCommand = v.object({
  title: lineText,
  body: v.optional(v.pipe(v.string(), v.maxLength(60_000)), ''),
  base: v.optional(lineText),
  draft: v.optional(v.boolean(), false),
});

/** `POST /api/threads/{id}/workspace/import` and `…/workspace/bind`: a folder of this machine. */
export const folderCommand = v.object({
  folder: v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(4_096),
    v.check((text) => !text.includes('\0'), 'contains a zero byte'),
  ),
});
