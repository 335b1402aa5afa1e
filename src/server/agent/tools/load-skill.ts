import { posix } from 'node:path';
import * as v from 'valibot';
import { isOwnFolder } from '../instructions/rules-file.ts';
import { findSkill, type SkillFiles } from '../skills/read-skills.ts';
import { longOutput } from './long-output.ts';
import { objectSchema, parseWith, pathSchema } from './schema.ts';
import { decodeText } from './text-file.ts';
import type { Tool, ToolOutcome } from './tool.ts';

const maxCharacters = 30_000;
const maxFileBytes = 1_000_000;
/** Files of a skill that are named beside it. */
const maxNamed = 60;

const schema = v.object({
  name: v.pipe(v.string('the name of a skill is needed.'), v.maxLength(64, 'is longer than 64 characters.')),
  file: v.optional(
    v.pipe(
      pathSchema,
      v.check(
        (path) => !path.startsWith('/') && !posix.normalize(path).startsWith('..'),
        'must be a path inside the folder of the skill.',
      ),
    ),
  ),
});
type Args = v.InferOutput<typeof schema>;

/**
 * Reads instructions of the project, or of the person, for one kind of task. Nothing of it is run: a script is run by a reviewed
 * command.
 * @param own where the person's skills are
 */
export const loadSkill = (own: SkillFiles | null): Tool<Args> => ({
  name: 'load_skill',
  kind: 'read',
  offered: ({ hasSkills = false }) => hasSkills,
  description:
    'Loads a skill of this project: its instructions, and the names of the files that belong to it. With file, one of those files.',
  parameters: objectSchema(
    {
      name: { type: 'string', description: 'As the list of skills has it.' },
      file: {
        type: 'string',
        description: 'Relative to the folder of the skill, e.g. "references/forms.md".',
      },
    },
    ['name'],
  ),
  parse: parseWith(schema),
  async run({ name, file }, { sandbox, call }) {
    const skill = await findSkill(sandbox, name, own);
    if (!skill) return refused(`There is no skill "${name}". The list of skills is in your instructions.`);
    if (file !== undefined) return readFile(skill, posix.normalize(file), call.toolCallId);
    const names = await filesOf(skill);
    const where = skill.isOwn
      ? 'outside of the workspace, read with load_skill and file'
      : `in ${skill.folder}`;
    const more = names.length ? `\n\nFiles of this skill ${where}:\n${names.join('\n')}` : '';
    return {
      status: 'ok',
      ...longOutput(`Skill ${name}:\n\n${skill.body}${more}`, maxCharacters, call.toolCallId),
      summary: `Loaded the skill ${name}`,
    };
  },
});

type FoundSkill = NonNullable<Awaited<ReturnType<typeof findSkill>>>;

async function readFile(
  { files, name, folder, isOwn }: FoundSkill,
  file: string,
  toolCallId: string,
): Promise<ToolOutcome> {
  const path = posix.join(folder, file);
  const isThere = await isOwnFolder(files, posix.dirname(path));
  const stat = isThere ? await files.stat(path) : null;
  if (stat?.type !== 'file') return refused(`The skill ${name} has no file "${file}".`);
  if (stat.size > maxFileBytes)
    return refused(
      `${path} has ${stat.size} bytes${isOwn ? ', too many to load.' : '; read parts of it with read_file.'}`,
    );
  const text = decodeText(await files.read(path, { maxBytes: maxFileBytes }));
  if (text === null) return refused(`${path} is a binary file.`);
  return {
    status: 'ok',
    ...longOutput(`${path}:\n\n${text}`, maxCharacters, toolCallId),
    summary: `Read ${file} of the skill ${name}`,
  };
}

async function filesOf({ files, folder }: FoundSkill): Promise<string[]> {
  const entries = await files.list(folder, { recursive: true, maxEntries: 1_000 });
  return entries
    .filter(({ path, type }) => type === 'file' && path !== `${folder}/SKILL.md`)
    .map(({ path }) => path.slice(folder.length + 1))
    .sort()
    .slice(0, maxNamed);
}

function refused(text: string): ToolOutcome {
  return { status: 'error', text, summary: text };
}
