import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { waitFor } from '@skillora/testing';
import type { BrowserContext, Locator, Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Only a page on which nothing comes any more takes so long, on a slow machine too. */
const PATIENCE_MS = 180_000;

/** Notes every text that a page has shown, also for a moment. */
const NOTE_TEXTS = `(() => {
  const shown = (globalThis.textsShown = []);
  const note = (node) => {
    if (node.nodeType === Node.TEXT_NODE) shown.push(node.data.trim());
    else node.childNodes.forEach(note);
  };
  const noteAll = (changes) => changes.forEach(({ type, target, addedNodes }) => {
    if (type === 'characterData') note(target);
    else addedNodes.forEach(note);
  });
  new MutationObserver(noteAll).observe(document, { childList: true, characterData: true, subtree: true });
})()`;

/** A finding of axe-core about a page. */
interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** A visitor of the dashboard, who sees and does what people see and do. */
export class Visitor {
  /** Errors that the browser reported: of scripts, and violations of the Content-Security-Policy. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly api: string,
  ) {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      // A request with an error answer is not an error of the page.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
  }

  /** A visitor with their own tab, not signed in. */
  static async arrive(context: BrowserContext, api: string): Promise<Visitor> {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addInitScript(NOTE_TEXTS);
    return new Visitor(page, api);
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.api}/dashboard${path}`);
  }

  async signIn(token: string, path = '/'): Promise<void> {
    await this.open(path);
    await this.page.getByLabel('API token').fill(token);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('navigation', { name: 'Main' }).waitFor();
  }

  /**
   * Waits until the page has shown this text since it was loaded, also where it was gone again soon, as a confirmation is.
   */
  async wasShown(text: string): Promise<void> {
    const looks = `globalThis.textsShown.includes(${JSON.stringify(text)})`;
    await waitFor(() => this.page.evaluate<boolean>(looks), `the text ${text}`);
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { level: 1, name });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** The name of the focused element. */
  focused(): Promise<string> {
    return this.page.evaluate<string>(`(() => {
      const element = document.activeElement;
      return (element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).textContent).trim();
    })()`);
  }

  /** Moves with the keyboard to the element with this name. */
  async tabTo(name: string): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      await this.press('Tab');
      if ((await this.focused()).startsWith(name)) return;
    }
    throw new Error(`the keyboard does not reach ${name}`);
  }

  /** The open dialog. */
  get dialog(): Locator {
    return this.page.locator('[role=dialog], [role=alertdialog]');
  }

  async theme(theme: 'light' | 'dark'): Promise<void> {
    await this.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  }

  /** The faults that axe-core calls serious or worse. */
  async accessibilityFaults(): Promise<string[]> {
    // Evaluated through the debugger, so that the page's own policy stays strict.
    await this.page.evaluate(await readFile(AXE, 'utf8'));
    const findings = await this.page.evaluate<Finding[]>(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
    );
    return findings
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }

  /** The same in the light and in the dark theme, each with its theme. The dark one stays. */
  async accessibilityFaultsInBothThemes(): Promise<string[]> {
    const faults: string[] = [];
    for (const theme of ['light', 'dark'] as const) {
      await this.theme(theme);
      faults.push(...(await this.accessibilityFaults()).map((fault) => `${theme}: ${fault}`));
    }
    return faults;
  }

  /** Whether the page is wider than the window. */
  scrollsSideways(): Promise<boolean> {
    return this.page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  }

  /**
   * How much displayed content has moved unexpectedly since the page was opened (Cumulative Layout Shift).
   */
  layoutShift(): Promise<number> {
    return this.page.evaluate<number>(`new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 100);
    })`);
  }

  async leave(): Promise<void> {
    // What a test answers in the place of the API may be under way still.
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.page.close();
  }
}
