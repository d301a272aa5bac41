/**
 * Jest for ESM TypeScript: swc strips the types (tsc checks them in the build), a relative `./x.js` import finds
 * `./x.ts`, and workspace packages resolve to their sources by the `@skillora/source` export condition.
 */
export default {
  // The last resort against a test that hangs. Waits inside tests end by themselves, when nothing moves any more.
  testTimeout: 120_000,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: { customExportConditions: ['@skillora/source', 'node', 'node-addons'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
      },
    ],
  },
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};
