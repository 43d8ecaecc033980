import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { dependencyRules } from './tools/dependency-rules.mjs';

const boundaries = (depConstraints) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { allow: [], enforceBuildableLibDependency: false, checkDynamicDependenciesExceptions: [], depConstraints },
  ],
});

/** Who may use a library that would otherwise spread: everyone else is told where it lives. */
const HOMES = {
  nats: {
    regex: '^(@nats-io/|nats$)',
    message: 'Only libs/platform/messaging speaks NATS: use its ports.',
  },
  typeorm: {
    group: ['typeorm', 'typeorm/*', '@nestjs/typeorm'],
    message: "Only libs/platform/persistence and a service's entities, stores, migrations and module know TypeORM.",
  },
};
const restricted = (...patterns) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns,
      paths: [
        {
          name: '@nestjs/common',
          importNames: ['forwardRef'],
          message: 'Two things that need each other are one thing, or three: no forwardRef.',
        },
      ],
    },
  ],
});

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.entrepot/**',
      '.nx/**',
      'coverage/**',
      'bench/results/**',
      // Deliberately bad: `npm run lint` proves that each of them fails.
      ...(process.env.ENTREPOT_LINT_FIXTURES ? [] : ['tools/lint-fixtures/**']),
    ],
  },
  ...tseslint.configs.recommended,
  {
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Nest's modules are classes without members.
      '@typescript-eslint/no-extraneous-class': 'off',
      // Lists of entities and migrations are lists of classes, and `Function` is their type in TypeORM.
      '@typescript-eslint/no-unsafe-function-type': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
    },
  },
  {
    files: ['{apps,libs}/**/*.ts'],
    rules: { ...boundaries(dependencyRules()), ...restricted(HOMES.nats, HOMES.typeorm) },
  },
  // Specs, and what only specs use, may also import the testing library.
  {
    files: ['{apps,libs}/**/*.spec.ts', '{apps,libs}/**/{spec,e2e}/**/*.ts'],
    rules: boundaries(dependencyRules({ withTesting: true })),
  },
  { files: ['libs/platform/messaging/**/*.ts'], rules: restricted(HOMES.typeorm) },
  { files: ['libs/platform/persistence/**/*.ts'], rules: restricted(HOMES.nats) },
  {
    files: [
      'libs/services/**/*.entity.ts',
      'libs/services/**/*.store.ts',
      'libs/services/**/*.migration.ts',
      'libs/services/**/migrations/**/*.ts',
      'libs/services/**/*.module.ts',
    ],
    rules: restricted(HOMES.nats),
  },
  // Tests may look behind the curtain of what they test.
  {
    files: [
      '{apps,libs}/**/*.int.spec.ts',
      '{apps,libs}/**/*.e2e.spec.ts',
      '{apps,libs}/**/{spec,e2e}/**/*.ts',
      'libs/testing/**/*.ts',
    ],
    rules: restricted(),
  },
  {
    files: ['libs/oci/src/**/*.ts', 'libs/policy/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\.|node:crypto$|node:net$|node:buffer$|@entrepot/|ipaddr\\.js$)',
              message: 'The pure libraries import no framework and do no I/O.',
            },
          ],
        },
      ],
    },
  },
);
