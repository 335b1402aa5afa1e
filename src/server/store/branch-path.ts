import type { Fork } from '#protocol/thread.ts';
import type { Branch, Path } from './store.ts';

/** `throughSeq` of the part of a path that nothing ends. */
const open = Number.MAX_SAFE_INTEGER;

/** The way to a branch's end. Parents are older than their branches and end where these begin. */
export function pathTo(branches: readonly Branch[], id: number): Path {
  const branch = branches.find((each) => each.id === id);
  if (!branch) return [{ branch: id, throughSeq: open }];
  const before = cutPath(pathTo(branches, branch.parentId), branch.afterSeq);
  return [...before, { branch: id, throughSeq: open }];
}

/** The path up to a row of it. */
export function cutPath(path: Path, throughSeq: number): Path {
  const end = path.findIndex((segment) => segment.throughSeq >= throughSeq);
  return path
    .slice(0, end + 1)
    .map((segment, index) => (index === end ? { ...segment, throughSeq } : segment));
}

/** The last row that two paths have in common; 0 when there is none. */
export function commonSeq(one: Path, other: Path): number {
  let common = 0;
  for (const [index, segment] of one.entries()) {
    const same = other[index];
    if (same?.branch !== segment.branch) return common;
    common = Math.min(segment.throughSeq, same.throughSeq);
    if (segment.throughSeq !== same.throughSeq) return common;
  }
  return common;
}

/**
 * Whether an event, or another line that came after a row, is on a path. What came after the row at which the path leaves a
 * branch belongs to what followed it there.
 */
export function isOnPath(path: Path, line: { branch: number; afterSeq: number }): boolean {
  const segment = path.find(({ branch }) => branch === line.branch);
  return segment !== undefined && (segment.throughSeq === open || line.afterSeq < segment.throughSeq);
}

/** Where a path could have gone on in another way, from its beginning to its end. */
export function forksOn(branches: readonly Branch[], path: Path): Fork[] {
  return path.flatMap(({ branch, throughSeq }, index) => {
    const children = branches.filter((each) => each.parentId === branch && each.afterSeq <= throughSeq);
    const places = [...new Set(children.map(({ afterSeq }) => afterSeq))].toSorted((a, b) => a - b);
    const next = path[index + 1]?.branch ?? branch;
    return places.map((afterSeq) => {
      const others = children.filter((child) => child.afterSeq === afterSeq).map(({ id }) => id);
      const branchIds = [branch, ...others.toSorted((a, b) => a - b)];
      return { afterSeq, branchIds, active: afterSeq === throughSeq ? branchIds.indexOf(next) : 0 };
    });
  });
}

/** The branches that go on from what is at `branch` after a row: itself, and those that leave it later. */
export function branchesBelow(branches: readonly Branch[], id: number, afterSeq: number): number[] {
  const later = branches.filter((each) => {
    const segment = pathTo(branches, each.id).find(({ branch }) => branch === id);
    return each.id !== id && segment !== undefined && segment.throughSeq > afterSeq;
  });
  return [id, ...later.map((each) => each.id)];
}
