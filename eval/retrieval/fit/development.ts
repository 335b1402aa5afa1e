import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../corpora.ts';
import { unpacked } from '../packages.ts';

/** Code that the ranking may be fitted on: nothing of it is asked for in `evaluateRetrieval`. */
export interface Development {
  name: string;
  language: Language;
  files: SourceFile[];
}

export const devLanguages = ['javascript', 'python', 'rust'] as const;
export type Language = (typeof devLanguages)[number];

const cache = new URL('../../.cache/', import.meta.url).pathname;
const maxBytes = 1_000_000;
/** What is searched at a time, in characters of source: a workspace of some 20,000 chunks. */
const workspaceSize = 8e6;

/** Package, version, files. */
const ofNpm: [string, string, string][] = [
  ['zod', '4.6.7', 'src/**/*.ts'],
  ['rxjs', '7.8.2', 'src/**/*.ts'],
  ['openai', '6.49.0', 'src/**/*.ts'],
  ['@langchain/core', '1.4.0', 'dist/**/*.js'],
  ['es-toolkit', '1.53.2', 'dist/**/*.mjs'],
  ['ol', '10.11.0', '**/*.js'],
  ['mathjs', '15.2.0', 'lib/esm/**/*.js'],
  ['ethers', '6.17.0', 'src.ts/**/*.ts'],
  ['phaser', '4.2.1', 'src/**/*.js'],
  ['msw', '2.15.0', 'src/**/*.ts'],
  ['discord.js', '14.28.1', 'src/**/*.js'],
  ['fp-ts', '2.16.11', 'es6/**/*.js'],
  ['date-fns', '4.4.0', '*.js'],
  ['puppeteer-core', '24.43.1', 'src/**/*.ts'],
  ['@cesium/engine', '24.0.0', 'Source/**/*.js'],
  ['typeorm', '1.1.1', '**/*.js'],
  ['lodash-es', '4.18.1', '*.js'],
  ['ramda', '0.32.0', 'es/**/*.js'],
  ['mongoose', '9.12.1', 'lib/**/*.js'],
  ['knex', '3.3.0', 'lib/**/*.js'],
  ['uniffi-bindgen-react-native', '0.31.0-5', '**/*.rs'],
];

/** Of Debian 12, as it is today: npm has little Python and Rust. */
const ofDebian: Record<Exclude<Language, 'javascript'>, string[]> = {
  python:
    `aiohttp astropy django docutils networkx nltk paramiko pil prompt-toolkit pygments requests rich sqlalchemy sympy
    tornado trio twisted werkzeug`
      .split(/\s+/)
      .map((name) => `python3-${name}`)
      .concat('mercurial-common'),
  rust: `aho-corasick async-std bstr bytes cargo chrono clap crossbeam-channel crossbeam-epoch crossbeam-utils futures-util
    gimli gio git2 glib globset gtk4 h2 hashbrown http hyper ignore image indexmap itertools lexical-core memchr mio nix nom
    num-bigint object petgraph quinn rand rayon rayon-core regex regex-syntax reqwest ring rusqlite rustls sequoia-openpgp
    serde serde-json smallvec socket2 syn time tokio tokio-util toml-edit tower tracing-core tracing-subscriber
    trust-dns-proto unicode-segmentation url uuid walkdir zbus`
    .split(/\s+/)
    .map((name) => `librust-${name}-dev`),
};

/** @throws when npm or apt-get cannot get a package */
export function development(): Development[] {
  const packages: Development[] = ofNpm.map(([name, version, pattern]) => {
    const folder = unpacked(name, version);
    if (folder === null) throw new Error(`npm could not get ${name}@${version}.`);
    const language: Language = pattern.endsWith('.rs') ? 'rust' : 'javascript';
    return { name, language, files: filesIn(name, join(folder, 'package'), pattern) };
  });
  for (const language of ['python', 'rust'] as const)
    for (const name of ofDebian[language]) {
      const files = filesIn(name, installed(name), language === 'python' ? '**/*.py' : '**/*.rs');
      packages.push({ name, language, files });
    }
  return packages;
}

/** As they would be searched: several packages of one language together. */
export function workspacesOf(packages: readonly Development[]): Development[][] {
  const workspaces: Development[][] = [];
  for (const language of devLanguages) {
    let room = 0;
    for (const one of packages.filter((each) => each.language === language)) {
      if (room <= 0) {
        workspaces.push([]);
        room = workspaceSize;
      }
      workspaces.at(-1)!.push(one);
      room -= one.files.reduce((sum, { text }) => sum + text.length, 0);
    }
  }
  return workspaces;
}

/** Nothing of it runs: it is unpacked and read. */
function installed(name: string): string {
  const folder = join(cache, `debian-${name}`);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  execFileSync('apt-get', ['download', name], { cwd: work, stdio: 'ignore' });
  const [archive = ''] = readdirSync(work);
  execFileSync('dpkg-deb', ['-x', archive, '.'], { cwd: work });
  rmSync(join(work, archive));
  renameSync(work, folder);
  return folder;
}

function filesIn(name: string, root: string, pattern: string): SourceFile[] {
  return globSync(pattern, { cwd: root })
    .filter((path) => !/\.d\.[mc]?ts$|(?:^|\/)node_modules\//.test(path))
    .map((path) => ({ path, stat: statSync(join(root, path), { throwIfNoEntry: false }) }))
    .filter(({ stat }) => stat?.isFile() && stat.size <= maxBytes)
    .map(({ path }) => ({
      path: `${name}/${path.replace(/^usr\/(?:lib\/python3\/dist-packages|share\/cargo\/registry)\//, '')}`,
      text: readFileSync(join(root, path), 'utf8'),
    }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}
