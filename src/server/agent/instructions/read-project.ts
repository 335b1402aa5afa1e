import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { readSkills, type SkillFiles, type Skills } from '../skills/read-skills.ts';
import { readInstructions, type Instructions } from './project-instructions.ts';

/** What a workspace, and the person beside it, says to whoever works in it. */
export interface ProjectWords {
  instructions: Instructions | null;
  skills: Skills;
}

const maxRootEntries = 2_000;

/** Before each run. A sandbox may be far away: one look at the root says what there can be, and most have none of it. */
export async function readProject(
  sandbox: Pick<Sandbox, 'files'>,
  known: ProjectWords,
  ownSkills: SkillFiles | null = null,
): Promise<ProjectWords> {
  const root = await sandbox.files.list('.', { maxEntries: maxRootEntries });
  const names = new Set(root.map(({ path }) => path));
  const mayHave = (path: string) => names.has(path.split('/', 1)[0] ?? path);
  const [instructions, skills] = await Promise.all([
    readInstructions(sandbox, known.instructions, mayHave),
    readSkills(sandbox, known.skills, mayHave, ownSkills),
  ]);
  return { instructions, skills };
}
