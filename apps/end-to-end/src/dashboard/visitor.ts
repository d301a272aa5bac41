import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import type { BrowserContext, Locator, Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe-core finds of a page. */
interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Somebody at the dashboard, who sees and does what people see and do. */
export class Visitor {
  /** What the browser complained of: errors of programs, and what the Content-Security-Policy kept from happening. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly api: string,
  ) {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      // That a request was answered with an error is no error of the page.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
  }

  /** A visitor with a tab of their own, who has not signed in. */
  static async arrive(context: BrowserContext, api: string): Promise<Visitor> {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
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

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { level: 1, name });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** What has the focus, by its name. */
  focused(): Promise<string> {
    return this.page.evaluate<string>(`(() => {
      const element = document.activeElement;
      return (element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).textContent).trim();
    })()`);
  }

  /** Goes with the keyboard to what is named so, as far as it takes. */
  async tabTo(name: string): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      await this.press('Tab');
      if ((await this.focused()).startsWith(name)) return;
    }
    throw new Error(`the keyboard does not reach ${name}`);
  }

  /** The dialog that is open. */
  get dialog(): Locator {
    return this.page.locator('[role=dialog], [role=alertdialog]');
  }

  async theme(theme: 'light' | 'dark'): Promise<void> {
    await this.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  }

  /** The faults that axe-core calls serious or worse. */
  async accessibilityFaults(): Promise<string[]> {
    // Evaluated by the debugger, so that the page's own policy stays as strict as it is.
    await this.page.evaluate(await readFile(AXE, 'utf8'));
    const findings = await this.page.evaluate<Finding[]>(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
    );
    return findings
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }

  /** Whether the page is wider than what shows it. */
  scrollsSideways(): Promise<boolean> {
    return this.page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  }

  /** How much of what was shown moved without being asked, since the page was opened (Cumulative Layout Shift). */
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
    await this.page.close();
  }
}
