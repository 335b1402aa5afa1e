import { posix } from 'node:path';

/** Bytes; a larger file is data, or was written by a machine. */
export const maxFileBytes = 1_000_000;
/** Files and bytes of one workspace; what is beyond is left out, and said. */
export const maxFiles = 20_000;
export const maxTotalBytes = 200_000_000;

/** Left out where nothing in the workspace says what is ignored. */
export const skippedFolders = [
  'node_modules',
  'bower_components',
  'vendor',
  'dist',
  'build',
  'out',
  'target',
  'coverage',
  '__pycache__',
  'venv',
];

const skippedNames = new Set([
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'Cargo.lock',
  'poetry.lock',
  'uv.lock',
  'Pipfile.lock',
  'composer.lock',
  'Gemfile.lock',
  'go.sum',
  'flake.lock',
]);
const generated = /\.(?:min|bundle)\.(?:js|mjs|cjs|css)$|\.(?:map|snap|lock)$/i;
const binary =
  /\.(?:png|jpe?g|gif|webp|avif|ico|bmp|tiff?|svgz?|pdf|zip|gz|tgz|bz2|xz|zst|7z|rar|jar|war|class|o|a|so|dll|dylib|exe|bin|wasm|pyc|pyo|woff2?|ttf|otf|eot|mp[34]|m4a|mov|avi|webm|ogg|wav|flac|sqlite3?|db|parquet|npy|npz|pt|onnx|safetensors|ipynb|docx?|xlsx?|pptx?|csv|tsv|jsonl|ndjson)$/i;

/** Whether a file is worth a place in the index, by its name and size. */
export function isIndexable(path: string, size: number): boolean {
  if (size === 0 || size > maxFileBytes) return false;
  if (skippedNames.has(posix.basename(path)) || generated.test(path) || binary.test(path)) return false;
  // A name that is not UTF-8 came with replacement characters and cannot be asked for again.
  return !path.includes('\uFFFD') && !path.split('/').includes('node_modules');
}
