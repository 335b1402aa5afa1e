/** Bytes; a larger file is data, or was written by a machine. */
export const maxFileBytes = 1_000_000;
/** Bytes of a file in a format that is more often data than written by a person. */
const maxDataBytes = 100_000;
/** Files and bytes of one workspace; what is beyond is left out, and said. */
export const maxFiles = 20_000;
export const maxTotalBytes = 200_000_000;

/** Folders that are made by programs or come from others; those whose names begin with a dot are left out as well. */
export const skippedFolders = [
  ...['node_modules', 'bower_components', 'vendor', 'site-packages', 'Pods', 'venv'],
  ...['dist', '__pycache__', 'coverage', 'DerivedData'],
];

const generated =
  /[.-]min\.(?:js|css|mjs|cjs)$|\.bundle\.(?:js|mjs|cjs|css)$|\.(?:map|snap)$|\.pb\.go$|_pb2(?:_grpc)?\.pyi?$/i;
const locks =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|bun\.lockb|[^/]*\.lock)$/i;
const binary =
  /\.(?:png|jpe?g|gif|webp|avif|ico|icns|bmp|tiff?|svgz?|psd|pdf|zip|gz|tgz|bz2|xz|zst|7z|rar|tar|jar|war|whl|class|o|a|so|dll|dylib|exe|obj|bin|dat|wasm|pyc|pyo|woff2?|ttf|otf|eot|mp[34]|m4a|mov|avi|mkv|webm|ogg|wav|flac|sqlite3?|db|parquet|npy|npz|pkl|pt|onnx|safetensors|gguf|ipynb|docx?|xlsx?|pptx?|pem|key|p12|pfx|der|crt)$/i;
const data = /\.(?:json|jsonl|ndjson|geojson|csv|tsv|xml|txt|log|ya?ml|html?|sql)$/i;
/** Control characters, those that turn the direction of a line, and what stands for bytes that are not UTF-8. */
const strange = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffd]/;

/** Whether a file is worth a place in the index, by its name and size: no lock file, no key, nothing made by a program. */
export function isIndexable(path: string, size: number): boolean {
  if (size === 0 || size > maxFileBytes || (size > maxDataBytes && data.test(path))) return false;
  return !generated.test(path) && !locks.test(path) && !binary.test(path) && !strange.test(path);
}
