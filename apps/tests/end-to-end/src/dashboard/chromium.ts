import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';

import { type BrowserContext, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The Chromium of the machine: `CHROMIUM_PATH`, or the first on the path; null where there is none. */
export function findChromium(): string | null {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return candidates.find((path) => existsSync(path)) ?? null;
}

const NO_BROWSER =
  'the tests of the dashboard need a Chromium: install Debian’s package `chromium`, or name one in CHROMIUM_PATH';

/**
 * The Chromium that tests use. Without one, it prints a line and returns null, and the tests are skipped.
 * @throws in CI, where nothing may be skipped.
 */
export function chromiumOfTests(): string | null {
  const executable = findChromium();
  if (executable === null) {
    if (process.env['CI'] === 'true') throw new Error(NO_BROWSER);
    process.stderr.write(`skipped: ${NO_BROWSER}\n`);
  }
  return executable;
}

/** A browser with its own profile that only talks to the page. */
export class Browser {
  private constructor(
    readonly context: BrowserContext,
    private readonly profile: string,
  ) {}

  static async start(executablePath: string): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'skillora-browser-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      // A machine with much else to do may need minutes.
      timeout: 300_000,
      headless: true,
      viewport: { width: 1280, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
      timezoneId: 'UTC',
      locale: 'en-GB',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    return new Browser(context, profile);
  }

  async stop(): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
