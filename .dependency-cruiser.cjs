/** Who may import whom. `npm run check` runs it, and shows that it finds a planted violation. */
const CAPABILITIES =
  '^src/(statistics|money|rules|facts|decisions|sites|identity|routing|payments|notifications|backtest|monitoring|simulate|rehearsal)/';

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'capabilities-know-no-edges',
      comment:
        'Capability folders declare ports; storage, server and cli implement or call them, never the other way round.',
      severity: 'error',
      from: { path: CAPABILITIES },
      to: { path: '^src/(server|cli|storage|channels|riskgateways|gen|main|config|world/real)' },
    },
    {
      name: 'capabilities-know-no-drivers',
      severity: 'error',
      from: { path: CAPABILITIES },
      to: { path: 'node_modules/(mongodb|libsql|@grpc|@bufbuild|pino|prom-client|commander)/' },
    },
    {
      name: 'money-and-rules-stand-alone',
      severity: 'error',
      from: { path: '^src/(money|rules)/' },
      to: { path: '^src/', pathNot: '^src/(money|rules|statistics|errors|paging)/' },
    },
    {
      name: 'money-knows-no-rules',
      severity: 'error',
      from: { path: '^src/money/' },
      to: { path: '^src/rules/' },
    },
    {
      name: 'rules-know-no-money',
      severity: 'error',
      from: { path: '^src/rules/' },
      to: { path: '^src/money/' },
    },
    {
      name: 'statistics-stand-alone',
      severity: 'error',
      from: { path: '^src/statistics/' },
      to: { path: '^src/', pathNot: '^src/statistics/' },
    },
    {
      name: 'collections-stand-alone',
      severity: 'error',
      from: { path: '^src/collections/' },
      to: { path: '^src/', pathNot: '^src/collections/' },
    },
    {
      name: 'errors-stand-alone',
      severity: 'error',
      from: { path: '^src/errors/' },
      to: { path: '^src/', pathNot: '^src/errors/' },
    },
    {
      name: 'stores-know-no-edges',
      severity: 'error',
      from: { path: '^src/storage/' },
      to: { path: '^src/(server|cli|gen|main|config)' },
    },
    {
      name: 'stores-are-siblings',
      severity: 'error',
      from: { path: '^src/storage/([^/]+)/' },
      to: { path: '^src/storage/([^/]+)/', pathNot: '^src/storage/$1/' },
    },
    {
      name: 'generated-types-stay-at-the-edge',
      severity: 'error',
      from: { pathNot: '^src/(gen|server|cli|main)' },
      to: { path: '^src/gen/' },
    },
    {
      name: 'only-main-composes',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts|cli/)' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
