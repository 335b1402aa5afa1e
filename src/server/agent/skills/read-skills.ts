import type { FileEntry, Sandbox } from '#server/sandbox/sandbox.ts';
import { CrosspointError } from '#protocol/errors.ts';
import { readFrontMatter } from '../instructions/front-matter.ts';
import { isOwnFolder } from '../instructions/rules-file.ts';
import { decodeText } from '../tools/text-file.ts';

/** A folder with a `SKILL.md`: how a project wants one kind of task done (agentskills.io/specification). */
export interface Skill {
  /** Also that of its folder. */
  name: string;
  /** When to use it; one line. */
  description: string;
  /** Relative to the workspace. */
  folder: string;
}

export interface Skills {
  list: readonly Skill[];
  /** Sizes and times of their files: read again only when they change. */
  version: string;
}

export const noSkills: Skills = { list: [], version: '' };

/** A skill of the first one stands before one of the same name in the second. */
const skillFolders = ['.agents/skills', '.claude/skills'];
const maxSkills = 40;
const maxSkillBytes = 200_000;
const maxListed = 2_000;
/** Characters of a description that stand in every request. */
const maxDescription = 400;
/** As the specification has them: nothing that could be taken for a path, a mark or another line. */
const legalName = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/**
 * The skills of a workspace, in the order of their names, read through its sandbox. What is malformed is none.
 * @param mayHave whether there can be a folder at a path
 */
export async function readSkills(
  { files }: Pick<Sandbox, 'files'>,
  known: Skills,
  mayHave: (path: string) => boolean = () => true,
): Promise<Skills> {
  const entries = (
    await Promise.all(skillFolders.filter(mayHave).map((folder) => skillFiles(files, folder)))
  ).flat();
  if (!entries.length) return noSkills;
  const version = entries.map(({ path, size, modifiedMs }) => `${path} ${size} ${modifiedMs}`).join('\n');
  if (version === known.version) return known;
  const read = await Promise.all(entries.map(({ path }) => readSkill(files, path)));
  const byName = new Map<string, Skill>();
  for (const skill of read) if (skill && !byName.has(skill.name)) byName.set(skill.name, skill);
  const list = [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return { list: list.slice(0, maxSkills), version };
}

/** One of them as it is now; null: there is none of this name. */
export async function findSkill(
  { files }: Pick<Sandbox, 'files'>,
  name: string,
): Promise<(Skill & { body: string }) | null> {
  if (!legalName.test(name)) return null;
  for (const folder of skillFolders) {
    if (!(await isOwnFolder(files, `${folder}/${name}`))) continue;
    const skill = await readSkill(files, `${folder}/${name}/SKILL.md`);
    if (skill) return skill;
  }
  return null;
}

/** `SKILL.md` of each folder right below; links are not followed. */
async function skillFiles(files: Sandbox['files'], folder: string): Promise<FileEntry[]> {
  if (!(await isOwnFolder(files, folder))) return [];
  const entries = await files.list(folder, { recursive: true, maxEntries: maxListed });
  const depth = folder.split('/').length + 2;
  return entries
    .filter(
      ({ path, type }) => type === 'file' && path.endsWith('/SKILL.md') && path.split('/').length === depth,
    )
    .sort((one, other) => (one.path < other.path ? -1 : 1))
    .slice(0, 2 * maxSkills);
}

async function readSkill(files: Sandbox['files'], path: string): Promise<(Skill & { body: string }) | null> {
  const head = readFrontMatter((await textOrNull(files, path)) ?? '');
  const [folder, folderName] = [path.slice(0, path.lastIndexOf('/')), path.split('/').at(-2)];
  const name = head?.fields.get('name');
  const description = head?.fields.get('description');
  if (!head || typeof name !== 'string' || typeof description !== 'string') return null;
  const line = oneLine(description);
  if (name !== folderName || !legalName.test(name) || line === '') return null;
  return { name, description: line, folder, body: head.body.trim() };
}

async function textOrNull(files: Sandbox['files'], path: string): Promise<string | null> {
  const stat = await files.stat(path);
  if (stat?.type !== 'file' || stat.size > maxSkillBytes) return null;
  try {
    return decodeText(await files.read(path, { maxBytes: maxSkillBytes }));
  } catch (cause) {
    // It went away, or became something else, since it was listed.
    if (cause instanceof CrosspointError && cause.code !== 'sandbox_gone') return null;
    throw cause;
  }
}

/** Without control characters, line ends and marks of a section: it stands in the system prompt. */
function oneLine(text: string): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > maxDescription ? `${line.slice(0, maxDescription).trimEnd()}…`.toWellFormed() : line;
}
