import { defineConfig } from 'vite';

/** Static files under `/dashboard/`; nothing inline, so that the strictest Content-Security-Policy holds. */
export default defineConfig({
  base: '/dashboard/',
  clearScreen: false,
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // Libraries mark what may not run on servers; all of this runs in browsers.
      onLog: (level, log, handler) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handler(level, log);
      },
    },
  },
});
