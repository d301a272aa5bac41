import preset from '../../../jest.preset.mjs';

/** One whole system, started as a user starts it, for all end-to-end tests of a run. */
export default {
  ...preset,
  globalSetup: '<rootDir>/dist/stack/jest-global-setup.js',
  globalTeardown: '<rootDir>/dist/stack/jest-global-teardown.js',
};
