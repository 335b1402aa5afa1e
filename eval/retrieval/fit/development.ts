import { join } from 'node:path';
import { filesBelow, type SourceFile } from '../corpora.ts';
import { unpacked, unpackedFromDebian } from '../packages.ts';

/** Code that the ranking may be fitted on: nothing of it is asked for in `evaluateRetrieval`. */
export interface Development {
  name: string;
  language: Language;
  files: SourceFile[];
}

export const devLanguages = ['javascript', 'python', 'rust'] as const;
export type Language = (typeof devLanguages)[number];

/** What is searched at a time, in characters of source: a workspace of some 20,000 chunks. */
const workspaceSize = 8e6;

/** Where Debian puts code: it says nothing about it. */
const installedIn = /^usr\/(?:lib\/python3\/dist-packages|share\/cargo\/registry)\//;

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
    const root = join(required(name, unpacked(name, version)), 'package');
    const language: Language = pattern.endsWith('.rs') ? 'rust' : 'javascript';
    return { name, language, files: filesBelow(root, pattern, (path) => `${name}/${path}`) };
  });
  for (const language of ['python', 'rust'] as const)
    for (const name of ofDebian[language]) {
      const root = required(name, unpackedFromDebian(name));
      const pathOf = (path: string) => `${name}/${path.replace(installedIn, '')}`;
      packages.push({
        name,
        language,
        files: filesBelow(root, language === 'python' ? '**/*.py' : '**/*.rs', pathOf),
      });
    }
  return packages;
}

function required(name: string, folder: string | null): string {
  if (folder === null) throw new Error(`${name} cannot be had.`);
  return folder;
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
