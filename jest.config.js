// Three kinds of test, told apart by the file's name. `.spec.ts` needs nothing started; `.int.spec.ts` runs on real Postgres, NATS and
// storage; `.e2e.spec.ts` drives the running product over HTTP. Sources are used directly: no `dist` is needed.
const common = {
  testEnvironment: 'node',
  // A misspelt key here is ignored in silence and tests would then read a stale `dist`.
  testEnvironmentOptions: { customExportConditions: ['@entrepot/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['/dist/', '/.entrepot/', '/.nx/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2023',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs,tools}/**/*.spec.ts'],
      testPathIgnorePatterns: [...common.testPathIgnorePatterns, '\\.(int|e2e)\\.spec\\.ts$'],
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/{apps,libs}/**/*.int.spec.ts'],
    },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/{apps,libs}/**/*.e2e.spec.ts'],
      // What separate processes add nothing to is proven in one: each of them would take minutes.
      testPathIgnorePatterns: [
        ...common.testPathIgnorePatterns,
        ...(process.env.ENTREPOT_TEST_COMPOSITION === 'services' ? ['\\.standalone\\.e2e\\.spec\\.ts$'] : []),
      ],
    },
  ],
};
