import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unpacked } from './packages.ts';
import { readZip } from './zip.ts';

/** A code base as its package ships it. */
interface Source {
  package: string;
  version: string;
  /** `dev`: the ranking was fitted on it, and it only stands in the way here. `held-out`: nobody looked at it while fitting. */
  split: 'dev' | 'held-out';
  files: string[];
  /** The files are in this archive of the package. */
  archive?: string;
  /** One file made of many programs, as bundlers write it: measured, and not counted, because nobody works on it. */
  isBundle?: true;
}

export interface Corpus {
  name: string;
  /** MRR@10 and recall@10 of the held-out code, at least. */
  bar: { mrr: number; recall: number };
  /** Questions of each held-out package, at most. */
  questions: number;
  sources: Source[];
}

const javascript: Source[] = [
  { package: 'zod', version: '4.6.7', split: 'dev', files: ['src/**/*.ts'] },
  { package: 'rxjs', version: '7.8.2', split: 'dev', files: ['src/**/*.ts'] },
  { package: 'openai', version: '6.49.0', split: 'dev', files: ['src/**/*.ts'] },
  { package: '@langchain/core', version: '1.4.0', split: 'dev', files: ['dist/**/*.js'] },
  { package: 'langchain', version: '1.5.14', split: 'dev', files: ['dist/**/*.js'] },
  { package: 'es-toolkit', version: '1.53.2', split: 'dev', files: ['dist/**/*.mjs'] },
  { package: 'svelte', version: '5.57.3', split: 'held-out', files: ['src/**/*.js'] },
  { package: 'effect', version: '4.1.0', split: 'held-out', files: ['src/**/*.ts'] },
  {
    package: 'three',
    version: '0.187.0',
    split: 'held-out',
    files: ['src/**/*.js', 'examples/jsm/**/*.js'],
  },
  {
    package: 'viem',
    version: '2.57.20',
    split: 'held-out',
    files: ['{actions,utils,clients,zksync,op-stack,account-abstraction,siwe,celo,node,tempo}/**/*.ts'],
  },
  { package: 'ai', version: '6.0.326', split: 'held-out', files: ['src/**/*.ts'] },
  { package: 'vite', version: '8.3.8', split: 'held-out', files: ['dist/node/**/*.js'], isBundle: true },
];

/** Python and Rust were fitted with gyp and with uniffi-bindgen-react-native; what is asked here is of other people. */
export const corpora: Corpus[] = [
  { name: 'JavaScript and TypeScript', bar: { mrr: 0.6, recall: 0.8 }, questions: 150, sources: javascript },
  {
    name: 'Python',
    bar: { mrr: 0.42, recall: 0.65 },
    questions: 800,
    sources: [
      {
        package: 'pyodide',
        version: '314.0.7',
        split: 'held-out',
        archive: 'package/python_stdlib.zip',
        files: ['**/*.py'],
      },
    ],
  },
  {
    name: 'Rust',
    bar: { mrr: 0.48, recall: 0.73 },
    questions: 800,
    sources: [
      {
        package: 'uniffi-bindgen-react-native',
        version: '0.31.0-5',
        split: 'dev',
        files: ['**/*.rs'],
      },
      { package: '@temporalio/core-bridge', version: '1.24.0', split: 'held-out', files: ['**/*.rs'] },
    ],
  },
];

export interface SourceFile {
  path: string;
  text: string;
}

const maxBytes = 1_000_000;

/** In the order of their paths, each below the name of its package; null: the package cannot be had here. */
export function filesOf({ package: name, version, files, archive }: Source): SourceFile[] | null {
  const folder = unpacked(name, version);
  if (folder === null) return null;
  if (archive !== undefined)
    return [...readZip(join(folder, archive))]
      .filter(([path, bytes]) => path.endsWith('.py') && bytes.length <= maxBytes)
      .map(([path, bytes]) => ({ path: `${name}/${path}`, text: bytes.toString() }))
      .sort(byPath);
  return filesBelow(join(folder, 'package'), files, (path) => `${name}/${path}`);
}

/** In the order of their paths: what is no data, no declaration and no other package. @param pathOf each below `root` */
export function filesBelow(
  root: string,
  patterns: string | string[],
  pathOf: (path: string) => string,
): SourceFile[] {
  return globSync(patterns, { cwd: root })
    .filter((path) => !/\.d\.[mc]?ts$|(?:^|\/)node_modules\//.test(path))
    .filter((path) => {
      const found = statSync(join(root, path), { throwIfNoEntry: false });
      return found?.isFile() && found.size <= maxBytes;
    })
    .map((path) => ({ path: pathOf(path), text: readFileSync(join(root, path), 'utf8') }))
    .sort(byPath);
}

function byPath(one: SourceFile, other: SourceFile): number {
  return one.path < other.path ? -1 : 1;
}
