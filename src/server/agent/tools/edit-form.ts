import { objectSchema } from './schema.ts';
import type { ToolDefinition } from '#server/gateway/types.ts';

const texts = {
  edits:
    'edits: each oldText must stand in the file exactly once, with its spaces and without the line numbers of read_file. All edits of a call are applied together or not at all; every oldText refers to the file as it was before the call.',
  update:
    'update: only the lines that change, with one or two lines that stay around each change, and a comment "... existing code ..." in place of everything else that stays. It is merged into the file and checked. Best for several changes in a large file.',
};

const parameters = {
  path: { type: 'string', description: 'Relative to the workspace.' },
  instructions: { type: 'string', description: 'What this change is for, in one sentence.' },
  edits: {
    type: 'array',
    minItems: 1,
    items: objectSchema({ oldText: { type: 'string' }, newText: { type: 'string' } }, ['oldText', 'newText']),
  },
  update: { type: 'string' },
};

/**
 * What a model is told of `edit_file`; the same bytes for the same forms.
 * @param update whether lazy edits are taken, which another model merges
 */
export function editForm({
  update,
}: {
  update: boolean;
}): Pick<ToolDefinition, 'description' | 'parameters'> {
  const { path, instructions, edits } = parameters;
  const what = 'Changes parts of a file that exists; for a new one use write_file.';
  if (!update)
    return {
      description: `${what} ${texts.edits}`,
      parameters: objectSchema({ path, instructions, edits }, ['path', 'edits']),
    };
  return {
    description: `${what} Give exactly one of edits and update. ${texts.edits} ${texts.update}`,
    parameters: objectSchema({ path, instructions, edits, update: parameters.update }, ['path']),
  };
}
