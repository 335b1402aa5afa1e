import type { FileEntry, Sandbox } from '#server/sandbox/sandbox.ts';
import { CrosspointError } from '#protocol/errors.ts';
import { readFrontMatter } from '../instructions/front-matter.ts';
import { isOwnFolder } from '../instructions/rules-file.ts';
import { decodeText } from '../tools/text-file.ts';

/** Where skills are read: a sandbox, or the data directory. */
export type SkillFiles = Pick<Sandbox['files'], 'stat' | 'list' | 'read'>;

/** A folder with a `SKILL.md`: how a project wants one kind of task done (agentskills.io/specification). */
export interface Skill {
  /** Also that of its folder. */
  name: string;
  /** When to use it; one line. */
  description: string;
  /** Relative to the workspace, or to the data directory. */
  folder: string;
  /** The person's, not the project's. */
  isOwn: boolean;
}

export interface Skills {
  list: readonly Skill[];
  /** Sizes and times of their files: read again only when they change. */
  version: string;
}

export const noSkills: Skills = { list: [], version: '' };

/** A skill of the first one stands before one of the same name in the second. */
const skillFolders = ['.agents/skills', '.claude/skills'];
/** Of the person, in the data directory. */
export const ownSkillFolder = 'skills';
const maxSkills = 40;
const maxSkillBytes = 200_000;
const maxListed = 2_000;
/** Characters of a description that stand in every request. */
const maxDescription = 400;
/** As the specification has them: nothing that could be taken for a path, a mark or another line. */
const legalName = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/**
 * The skills of a workspace, read through its sandbox, and those of the person, in the order of their names. Of two with one
 * name the project's counts. What is malformed is none.
 * @param mayHave whether there can be a folder at a path of the workspace
 * @param own the person's, in their folder `skills`
 */
export async function readSkills(
  { files }: { files: SkillFiles },
  known: Skills,
  mayHave: (path: string) => boolean = () => true,
  own: SkillFiles | null = null,
): Promise<Skills> {
  const listed = await Promise.all(
    placesOf(files, skillFolders.filter(mayHave), own).map(async (place) =>
      (await skillFiles(place.files, place.folder)).map((entry) => ({ ...entry, files: place.files })),
    ),
  );
  const entries = listed.flat();
  if (!entries.length) return noSkills;
  const version = entries.map(({ path, size, modifiedMs }) => `${path} ${size} ${modifiedMs}`).join('\n');
  if (version === known.version) return known;
  const read = await Promise.all(entries.map((entry) => readSkill(entry.files, entry.path)));
  const byName = new Map<string, Skill>();
  for (const skill of read) if (skill && !byName.has(skill.name)) byName.set(skill.name, skill);
  const named = [...byName.values()].sort(byNameOf);
  // The project's first: a person with many skills of their own still has all that the project says.
  const kept = [...named.filter(({ isOwn }) => !isOwn), ...named.filter(({ isOwn }) => isOwn)];
  return { list: kept.slice(0, maxSkills).sort(byNameOf), version };
}

const byNameOf = (one: Skill, other: Skill) => (one.name < other.name ? -1 : 1);

/** One of them as it is now, with where its files are; null: there is none of this name. */
export async function findSkill(
  { files }: { files: SkillFiles },
  name: string,
  own: SkillFiles | null = null,
): Promise<(Skill & { body: string; files: SkillFiles }) | null> {
  if (!legalName.test(name)) return null;
  for (const place of placesOf(files, skillFolders, own)) {
    if (!(await isOwnFolder(place.files, `${place.folder}/${name}`))) continue;
    const skill = await readSkill(place.files, `${place.folder}/${name}/SKILL.md`);
    if (skill) return { ...skill, files: place.files };
  }
  return null;
}

/** The project's folders, then that of the person. */
function placesOf(files: SkillFiles, folders: readonly string[], own: SkillFiles | null) {
  const places = folders.map((folder) => ({ files, folder }));
  return own ? [...places, { files: own, folder: ownSkillFolder }] : places;
}

/** `SKILL.md` of each folder right below; links are not followed. */
async function skillFiles(files: SkillFiles, folder: string): Promise<FileEntry[]> {
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

async function readSkill(files: SkillFiles, path: string): Promise<(Skill & { body: string }) | null> {
  const head = readFrontMatter((await textOrNull(files, path)) ?? '');
  const [folder, folderName] = [path.slice(0, path.lastIndexOf('/')), path.split('/').at(-2)];
  const name = head?.fields.get('name');
  const description = head?.fields.get('description');
  if (!head || typeof name !== 'string' || typeof description !== 'string') return null;
  const line = oneLine(description);
  if (name !== folderName || !legalName.test(name) || line === '') return null;
  const isOwn = folder.startsWith(`${ownSkillFolder}/`);
  return { name, description: line, folder, isOwn, body: head.body.trim() };
}

async function textOrNull(files: SkillFiles, path: string): Promise<string | null> {
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
