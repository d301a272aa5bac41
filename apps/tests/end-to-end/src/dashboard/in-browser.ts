import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from '@jest/globals';

import { Browser, chromiumOfTests } from './chromium.js';
import { Visitor } from './visitor.js';

const executable = chromiumOfTests();

/** A group of tests in a real browser. Without a browser it is skipped. */
export function inBrowser(name: string, tests: () => void): void {
  (executable === null ? describe.skip : describe)(name, tests);
}

/**
 * Starts a browser for the tests of a group, and gives each test a visitor with their own tab. A test fails if the browser
 * complained about a page.
 * @param api the address of the dashboard's service.
 * @param arrived called before each test.
 */
export function visitEachTest(api: string, arrived: (visitor: Visitor) => void): void {
  let browser: Browser;
  let visitor: Visitor;

  beforeAll(async () => {
    browser = await Browser.start(executable ?? '');
  });

  beforeEach(async () => {
    visitor = await Visitor.arrive(browser.context, api);
    arrived(visitor);
  });

  afterEach(async () => {
    const { complaints } = visitor;
    await visitor.leave();
    expect(complaints).toEqual([]);
  });

  afterAll(() => browser.stop());
}
