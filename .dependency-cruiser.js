/**
 * The arrows of docs/architecture.md. `npm run check` fails on any other direction, and on circles.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const server = (name) => `^src/server/${name}/`;

/** `from` may import only the folders in `to` (and itself, protocol, packages and the shared files beside them). */
function onlyTo(from, to) {
  const allowed = [from, ...to].map(server);
  return {
    name: `${from}-arrows`,
    comment: `src/server/${from} imports ${to.length ? to.join(', ') : 'no other part of the server'}`,
    severity: 'error',
    from: { path: server(from), pathNot: '\\.test\\.ts$|/contract(?:-live)?\\.ts$|testing/' },
    to: { path: '^src/server/', pathNot: [...allowed, '^src/server/(?:config|read-capped)\\.ts$'] },
  };
}

export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'protocol-imports-nothing',
      severity: 'error',
      from: { path: '^src/protocol/' },
      to: { path: '^src/(?!protocol/)|^server\\.ts$' },
    },
    {
      name: 'server-never-imports-ui-or-kit',
      severity: 'error',
      from: { path: '^src/server/' },
      to: { path: '^src/(ui|routes)/|@sveltejs/kit|^\\$app' },
    },
    {
      name: 'ui-never-imports-server',
      severity: 'error',
      from: { path: '^src/ui/' },
      to: { path: '^src/(server|routes)/' },
    },
    {
      name: 'nothing-imports-app',
      severity: 'error',
      from: { path: '^src/(server|protocol|ui)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/server/app\\.ts$' },
    },
    {
      name: 'product-never-imports-tests',
      severity: 'error',
      from: { path: '^(src/|server\\.ts)', pathNot: '\\.test\\.ts$|testing/' },
      to: { path: '^(tests|bench)/|\\.test\\.ts$' },
    },
    onlyTo('store', []),
    onlyTo('stream', ['store']),
    onlyTo('gateway', ['store']),
    onlyTo('models', ['gateway', 'store']),
    onlyTo('sandbox', ['store']),
    onlyTo('syntax', []),
    onlyTo('edit', ['syntax']),
    onlyTo('search', ['syntax', 'sandbox', 'store', 'gateway', 'models']),
    onlyTo('web', ['store', 'gateway']),
    onlyTo('mcp', ['sandbox', 'store', 'web']),
    onlyTo('workspace', ['sandbox', 'store', 'stream']),
    onlyTo('git', ['sandbox']),
    onlyTo('terminal', ['sandbox']),
    onlyTo('preview', ['sandbox']),
    onlyTo('agent', [
      'models',
      'gateway',
      'sandbox',
      'search',
      'edit',
      'web',
      'mcp',
      'store',
      'stream',
      'workspace',
    ]),
    onlyTo('transfer', ['agent', 'http', 'models', 'process', 'store']),
    onlyTo('http', [
      ...['agent', 'models', 'gateway', 'sandbox', 'store', 'stream'],
      ...['workspace', 'git', 'terminal', 'preview', 'search', 'mcp'],
    ]),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(build|\\.svelte-kit)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.server.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.svelte'],
    },
  },
};
