import type { Upload } from './uploads.svelte.ts';

/** Something of the person's own disk, not a text or a link. */
export const hasFiles = (transfer: DataTransfer) => transfer.types.includes('Files');

/** What was chosen in a file field; of a folder with the path in it. */
export function chosenFiles(input: HTMLInputElement): Upload[] {
  return [...(input.files ?? [])].map((file) => ({
    path: file.webkitRelativePath || file.name,
    bytes: file,
  }));
}

/** Every file that was dropped, those in folders too, each with its path. */
export async function entriesOf(transfer: DataTransfer): Promise<Upload[]> {
  // The list is empty as soon as the event is over.
  const dropped = [...transfer.items].map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
  }));
  const found = dropped.map(({ entry, file }) => {
    if (entry) return filesBelow(entry);
    // Not every program that one drags from gives an entry.
    return file ? [{ path: file.name, bytes: file }] : [];
  });
  return (await Promise.all(found)).flat();
}

async function filesBelow(entry: FileSystemEntry): Promise<Upload[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const bytes = await new Promise<File>((found, failed) =>
      (entry as FileSystemFileEntry).file(found, failed),
    );
    return [{ path, bytes }];
  }
  const inside = await childrenOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(inside.map((child) => filesBelow(child)))).flat();
}

/** A reader gives at most 100 at once, and nothing at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((found, failed) => reader.readEntries(found, failed));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
