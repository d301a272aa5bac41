import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import imports from 'eslint-plugin-import-x';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom. Contracts and the pure libraries depend on nothing of ours; services never depend on each other,
 * they meet only in topics; the engines (embedded Kafka and PostgreSQL) serve tools and tests, never a service.
 */
const moduleBoundaries = [
  { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:pure', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: [] },
  {
    sourceTag: 'type:engines',
    onlyDependOnLibsWithTags: ['type:engines', 'type:platform', 'type:testing'],
  },
  { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:contracts', 'type:pure', 'type:platform'] },
  { sourceTag: 'type:page', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:contracts', 'type:pure', 'type:platform'] },
  {
    sourceTag: 'type:tool',
    onlyDependOnLibsWithTags: [
      'type:contracts',
      'type:pure',
      'type:platform',
      'type:engines',
      'type:testing',
    ],
  },
];

/** One concept a file: blank lines and comments count too, because a reader reads them. */
const MOST_LINES = { max: 300, skipBlankLines: false, skipComments: false };

/**
 * Files from before the rule, which may shrink and not grow in number. Those of a service leave the list as
 * they are split.
 */
const LONG_FILES = [
  'apps/dispatcher/**/dispatcher.int.spec.ts',
  'apps/dispatcher/**/receivers-that-misbehave.unit.spec.ts',
  'apps/dispatcher/**/webhook-poster.unit.spec.ts',
  'apps/endpoint-registry/**/admin.int.spec.ts',
  'apps/endpoint-registry/**/changes.int.spec.ts',
  'apps/endpoint-registry/**/dead-letters.int.spec.ts',
  'apps/endpoint-registry/**/isolation.int.spec.ts',
  'apps/endpoint-registry/**/plans.int.spec.ts',
  'apps/endpoint-registry/**/projector.int.spec.ts',
  'apps/endpoint-registry/**/rebuild.int.spec.ts',
  'apps/tests/end-to-end/src/bad-input.e2e.spec.ts',
  'apps/tests/end-to-end/src/dashboard/dashboard.e2e.spec.ts',
  'apps/tests/end-to-end/src/delivery.e2e.spec.ts',
  'apps/tests/end-to-end/src/deployment.unit.spec.ts',
  'apps/tests/end-to-end/src/tracing.e2e.spec.ts',
  'apps/tests/fault-tests/src/cluster/clients.fault.spec.ts',
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/*.mjs'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['tsconfig.json', 'tsconfig.spec.json'], tsconfigRootDir: process.cwd() },
    },
    plugins: { '@nx': nx, 'import-x': imports, regexp },
    settings: {
      ...imports.flatConfigs.typescript.settings,
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.json' })],
    },
    rules: {
      // Within a project; Nx refuses circles between projects.
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      // Texts of producers and customers are matched: no pattern may take time that grows with the square of its text.
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, allow: [], depConstraints: moduleBoundaries },
      ],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // NestJS takes its options as object literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      eqeqeq: ['error', 'always'],
      'max-lines': ['error', MOST_LINES],
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.spec.ts', '**/testing/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // Tests of the services may start the real broker and database, and wait.
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: ['@skillora/engines', '@skillora/testing'],
          depConstraints: moduleBoundaries,
        },
      ],
    },
  },
  {
    // The simulation hosts the dispatcher's engines and uses the projection's pure functions; it imports nothing else of a
    // service. One measurement is of such a function.
    files: ['apps/tests/simulation/**/*.ts', 'apps/tools/bench/src/scenarios/filters.ts'],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [
            '@skillora/dispatcher/simulation-exports',
            '@skillora/endpoint-registry/simulation-exports',
          ],
          depConstraints: moduleBoundaries,
        },
      ],
    },
  },
  { files: LONG_FILES, rules: { 'max-lines': 'off' } },
  prettier,
);
