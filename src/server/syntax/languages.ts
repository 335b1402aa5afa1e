/** A language with a grammar. `svelte`, `vue` and `html` files are read by their scripts, which are TypeScript or JavaScript. */
export type Language =
  | 'bash'
  | 'c'
  | 'cpp'
  | 'csharp'
  | 'css'
  | 'dart'
  | 'go'
  | 'html'
  | 'ini'
  | 'java'
  | 'javascript'
  | 'php'
  | 'powershell'
  | 'python'
  | 'ruby'
  | 'rust'
  | 'solidity'
  | 'svelte'
  | 'swift'
  | 'tsx'
  | 'typescript'
  | 'vue';

interface LanguageFacts {
  /** The package's file that holds the grammar. */
  grammar: string;
  /** Extensions, without the dot, in lower case. */
  extensions: readonly string[];
  /** Whole names of files without a telling extension, in lower case. */
  names?: readonly string[];
  /** Only what stands in `<script>` is code of the grammar. */
  scriptsOnly?: true;
}

const vscode = (name: string) => `@vscode/tree-sitter-wasm/wasm/tree-sitter-${name}.wasm`;
const repomix = (name: string) => `@repomix/tree-sitter-wasms/out/tree-sitter-${name}.wasm`;

/** Every grammar loads with the installed web-tree-sitter: `grammars.test.ts` parses a sample in each. */
export const languages: Readonly<Record<Language, LanguageFacts>> = {
  bash: {
    grammar: vscode('bash'),
    extensions: ['sh', 'bash', 'zsh', 'ksh', 'bats'],
    names: ['.bashrc', '.bash_profile', '.profile', '.zshrc', 'pkgbuild'],
  },
  c: { grammar: repomix('c'), extensions: ['c', 'h'] },
  cpp: {
    grammar: vscode('cpp'),
    extensions: ['cc', 'cpp', 'cxx', 'c++', 'hh', 'hpp', 'hxx', 'h++', 'ipp', 'inl', 'cu', 'cuh', 'ino'],
  },
  csharp: { grammar: vscode('c-sharp'), extensions: ['cs', 'csx'] },
  css: { grammar: vscode('css'), extensions: ['css'] },
  dart: { grammar: repomix('dart'), extensions: ['dart'] },
  go: { grammar: vscode('go'), extensions: ['go'] },
  html: { grammar: vscode('javascript'), extensions: ['html', 'htm', 'xhtml'], scriptsOnly: true },
  ini: { grammar: vscode('ini'), extensions: ['ini', 'cfg', 'properties'], names: ['.editorconfig'] },
  java: { grammar: vscode('java'), extensions: ['java'] },
  javascript: { grammar: vscode('javascript'), extensions: ['js', 'jsx', 'mjs', 'cjs', 'es6'] },
  php: { grammar: vscode('php'), extensions: ['php', 'phtml', 'php5', 'php7'] },
  powershell: { grammar: vscode('powershell'), extensions: ['ps1', 'psm1', 'psd1'] },
  python: {
    grammar: vscode('python'),
    extensions: ['py', 'pyi', 'pyw', 'gyp', 'gypi', 'bzl', 'star'],
    names: ['sconstruct', 'sconscript', 'wscript', 'build', 'workspace'],
  },
  ruby: {
    grammar: vscode('ruby'),
    extensions: ['rb', 'rake', 'gemspec', 'ru'],
    names: ['rakefile', 'gemfile', 'guardfile', 'vagrantfile', 'podfile', 'brewfile'],
  },
  rust: { grammar: vscode('rust'), extensions: ['rs'] },
  solidity: { grammar: repomix('solidity'), extensions: ['sol'] },
  svelte: { grammar: vscode('typescript'), extensions: ['svelte'], scriptsOnly: true },
  swift: { grammar: repomix('swift'), extensions: ['swift'] },
  tsx: { grammar: vscode('tsx'), extensions: ['tsx'] },
  typescript: { grammar: vscode('typescript'), extensions: ['ts', 'mts', 'cts'] },
  vue: { grammar: vscode('typescript'), extensions: ['vue'], scriptsOnly: true },
};

const byExtension = new Map<string, Language>();
const byName = new Map<string, Language>();
for (const [language, { extensions, names }] of Object.entries(languages) as [Language, LanguageFacts][]) {
  for (const extension of extensions) byExtension.set(extension, language);
  for (const name of names ?? []) byName.set(name, language);
}

/** By the name of the file alone. @returns null when there is no grammar for it */
export function languageOf(path: string): Language | null {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return byName.get(name) ?? byExtension.get(name.slice(name.lastIndexOf('.') + 1)) ?? null;
}
