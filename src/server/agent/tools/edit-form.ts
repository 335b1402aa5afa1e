import type { ToolDefinition } from '#server/gateway/types.ts';
import { objectSchema } from './schema.ts';

/** In which forms a model is told that it can change a file, beside edits. */
interface EditForms {
  patch: boolean;
  /** Lazy edits, which another model merges. */
  update: boolean;
}

const texts = {
  patch:
    'patch: a patch of this one file, from "*** Begin Patch" and "*** Update File: <path>" to "*** End Patch"; "@@" and a line of the file above the change say where, then come whole lines that begin with " ", "-" or "+", with three lines that stay around each change.',
  edits:
    'edits: each oldText must stand in the file exactly once, with its spaces and without the line numbers of read_file. All edits of a call are applied together or not at all; every oldText refers to the file as it was before the call.',
  update:
    'update: only the lines that change, with two or three lines that stay around each change, and a comment "... existing code ..." in place of everything else that stays. It is merged into the file and checked. Best for several changes in a large file.',
};

const properties = {
  path: { type: 'string', description: 'Relative to the workspace.' },
  instructions: { type: 'string', description: 'What this change is for, in one sentence.' },
  patch: { type: 'string' },
  edits: {
    type: 'array',
    minItems: 1,
    items: objectSchema({ oldText: { type: 'string' }, newText: { type: 'string' } }, ['oldText', 'newText']),
  },
  update: { type: 'string' },
};

/** What a model is told of `edit_file`; the same bytes for the same forms. */
export function editForm(given: EditForms): Pick<ToolDefinition, 'description' | 'parameters'> {
  const names = (['patch', 'edits', 'update'] as const).filter((name) => name === 'edits' || given[name]);
  const { path, instructions } = properties;
  const forms = Object.fromEntries(names.map((name) => [name, properties[name]]));
  const only = names.length === 1;
  const sentences = [
    'Changes parts of a file that exists; for a new one use write_file.',
    ...(only ? [] : [`Give exactly one of ${names.join(', ')}.`]),
    ...names.map((name) => texts[name]),
  ];
  return {
    description: sentences.join(' '),
    parameters: objectSchema({ path, instructions, ...forms }, only ? ['path', 'edits'] : ['path']),
  };
}
