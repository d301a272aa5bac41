import { createHash } from 'node:crypto';

import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer } from '../testing/customer.js';
import { inBrowser, visitEachTest } from './in-browser.js';
import type { Visitor } from './visitor.js';

/** A name that would run a program, and one that would be read from right to left. */
const HOSTILE = '<img src=x onerror="document.title=1">';
const TURNED = 'gnp.\u202eexe';

const fingerprint = (secret: string): string => createHash('sha256').update(secret).digest('hex').slice(0, 8);

inBrowser('who changed what', () => {
  const address = Customer.ofStack().address;
  const operator = new Operator(address);
  let customer: Customer;
  let organization: string;
  let token: string;
  let tokenId: string;
  let visitor: Visitor;

  visitEachTest(address.api, (each) => (visitor = each));

  beforeAll(async () => {
    organization = await operator.organization('Changes');
    const made = await operator.admin(
      ...['tokens', 'create', '--organization', organization, '--name', HOSTILE, '--scopes', 'all', '--json'],
    );
    ({ token, id: tokenId } = JSON.parse(made) as { token: string; id: string });
    customer = new Customer(address, token);
  });

  const register = (path: string, description: string) =>
    customer.register(`http://127.0.0.1:8099/${path}`, { description });
  const patch = (id: string, body: object) =>
    customer.call('PATCH', `/api/v1/webhook-endpoints/${id}/`, body);
  const list = () => visitor.page.getByRole('list', { name: 'Changes' });
  const entries = () => list().locator(':scope > li');
  const entry = (text: string) => entries().filter({ hasText: text });

  it('is on the page of an endpoint: when, who, from where, in which request, before and after', async () => {
    const { page } = visitor;
    const { id, secret } = await register('before', HOSTILE);
    const changed = await patch(id, { url: 'http://127.0.0.1:8099/after', description: TURNED });
    await visitor.signIn(token, '/endpoints');
    await page.getByRole('link', { name: '127.0.0.1:8099/after' }).click();
    await visitor.heading('Endpoint').waitFor();

    const made = entry('Endpoint created');
    await made.locator('summary').click();
    await made.locator('.difference').getByText('http://127.0.0.1:8099/before', { exact: true }).waitFor();
    expect(await made.locator('.difference').textContent()).toContain(fingerprint(secret));
    expect(await made.locator('.difference').textContent()).toContain(HOSTILE);

    const moved = entry('Endpoint changed');
    expect(await moved.locator('summary').textContent()).toContain('URL, Description');
    await moved.locator('summary').click();
    const details = moved.locator('.change-details');
    expect(await details.locator('del').first().textContent()).toBe('before');
    expect(await details.locator('ins').first().textContent()).toBe('after');
    expect(await details.textContent()).toContain('gnp.\\u202eexe');
    const facts = await details.locator('.facts').textContent();
    for (const fact of [
      `Token “${HOSTILE}”`,
      tokenId,
      '127.0.0.1',
      changed.headers.get('x-request-id')!,
      id,
    ]) {
      expect(facts).toContain(fact);
    }
    const [former, latter] = await Promise.all(
      [made, moved].map((each) => each.locator('.hashes code').allTextContents()),
    );
    expect(latter![1]).toBe(former![0]);
    expect(await page.content()).not.toContain(secret);
    expect(await page.title()).toBe('Endpoint · Skillora webhooks');
    expect(await visitor.accessibilityFaults()).toEqual([]);
  });

  it('shows at once what a visitor does, what an operator does soon, and both after the endpoint is deleted', async () => {
    const { page } = visitor;
    const { id } = await register('doomed', 'Doomed');
    await visitor.signIn(token, `/endpoints/${id}`);
    await visitor.button('New secret').click();
    await visitor.button('Make a new secret').click();
    const secret = (await page.getByTestId('secret').textContent()) ?? '';
    await visitor.button('I have saved it').click();
    await entry('New secret created').locator('summary').click();
    // Only the part that differs is marked: two fingerprints may begin or end alike.
    await page.locator('.difference').getByText(fingerprint(secret), { exact: true }).waitFor();
    expect(await page.content()).not.toContain(secret);

    await operator.admin('endpoints', 'pause', id);
    await entry('Operator').locator('summary').click();
    const facts = entry('Operator').locator('.facts');
    expect(await facts.textContent()).toMatch(/Address–.*Request id–/);

    await visitor.button('Delete').click();
    await visitor.button('Delete endpoint').click();
    await page.getByRole('heading', { name: 'There is no such endpoint' }).waitFor();
    await entry('Endpoint deleted').waitFor();
    await page.reload();
    await waitFor(async () => (await entries().count()) === 4, 'the creation and three changes');
    await page.getByRole('heading', { name: 'There is no such endpoint' }).waitFor();
    expect(await visitor.accessibilityFaults()).toEqual([]);
  });

  it('is there for the whole organisation, with filters and pages that stand in the address', async () => {
    const { page } = visitor;
    const { id } = await register('busy', 'Busy');
    for (let version = 1; version <= 26; version += 1) await patch(id, { description: `Version ${version}` });
    const other = await operator.token(organization, { scopes: 'endpoints:write' });
    await visitor.signIn(token);
    await page.getByRole('link', { name: 'Changes', exact: true }).click();
    await visitor.heading('Changes').waitFor();
    await waitFor(async () => (await entries().count()) === 25, 'a full page');
    expect(await entries().first().locator('summary').textContent()).toMatch(/Token createda test.*Operator/);

    await page.getByLabel('Changed', { exact: true }).selectOption('endpoint');
    await entry('Token created').waitFor({ state: 'detached' });
    await entries().first().locator('summary').click();
    await page.getByRole('link', { name: 'All changes of this endpoint' }).click();
    expect(new URL(page.url()).search).toBe(`?object_id=${id}`);
    await visitor.button('Older').click();
    await waitFor(async () => (await entries().count()) === 2, 'the first two of 27');
    await page.reload();
    await waitFor(async () => (await entries().count()) === 2, 'the same page');
    await visitor.button('Newer').click();
    await waitFor(async () => (await entries().count()) === 25, 'the newest');

    await page.getByLabel('What happened').selectOption('endpoint.deleted');
    await page.getByText('Nothing matches these filters').waitFor();
    await visitor.open(`/changes?actor_id=${other.id}`);
    await page.getByText('Nothing matches these filters').waitFor();
    await page.getByRole('search').getByRole('button', { name: 'Clear' }).click();
    await waitFor(async () => (await entries().count()) === 25, 'all');
    expect(new URL(page.url()).search).toBe('');
  });

  it('is not shown to a token that lacks the scope, and the page says which', async () => {
    const { page } = visitor;
    const { id } = await register('hidden', 'Hidden');
    const reader = await operator.token(organization, { scopes: 'endpoints:read' });
    await visitor.signIn(reader.token, '/changes');
    await page.getByText('the token lacks the scope audit:read').waitFor();
    await waitFor(async () => (await page.locator('.skeleton').count()) === 0, 'the end of loading');
    expect(await page.getByRole('heading', { name: 'Your token does not allow this' }).count()).toBe(1);
    await visitor.open(`/endpoints/${id}`);
    await page.getByRole('article').getByText('127.0.0.1:8099/hidden').waitFor();
    await page.getByText('the token lacks the scope audit:read').waitFor();
    expect(await visitor.accessibilityFaults()).toEqual([]);

    const auditor = await operator.token(organization, { scopes: 'audit:read' });
    await visitor.button('Sign out').click();
    await visitor.signIn(auditor.token, `/endpoints/${id}`);
    await page.getByText('the token lacks the scope endpoints:read').waitFor();
    await entry('Endpoint created').waitFor();
  });

  it('is read with the keyboard alone, on a phone too', async () => {
    const { page } = visitor;
    const { id } = await register(`phone/${'long'.repeat(80)}`, 'a'.repeat(1_000));
    await patch(id, { description: `b${'a'.repeat(999)}` });
    await page.setViewportSize({ width: 360, height: 740 });
    await visitor.signIn(token, `/endpoints/${id}`);
    await entries().first().waitFor();
    await visitor.tabTo('Endpoint changed');
    await visitor.press('Enter');
    await entries().first().locator('ins').getByText('b', { exact: true }).waitFor();
    await visitor.tabTo('Endpoint created');
    await visitor.press('Enter');
    await entries().nth(1).locator('.difference').waitFor();
    expect(await visitor.accessibilityFaultsInBothThemes()).toEqual([]);
    expect(await visitor.scrollsSideways()).toBe(false);
    await page.setViewportSize({ width: 1280, height: 900 });
    expect([await visitor.scrollsSideways(), await visitor.accessibilityFaults()]).toEqual([false, []]);
  });

  it('is shown of actions and fields that this page does not know yet', async () => {
    const { page } = visitor;
    await page.route('**/audit/changes/?*', async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { results: Record<string, unknown>[] };
      const [first] = body.results;
      await route.fulfill({
        response,
        json: {
          ...body,
          results: [
            {
              ...first,
              action: 'robot.armed',
              object_type: 'robot',
              before: null,
              after: { rate: { per: 1 } },
            },
          ],
        },
      });
    });
    await visitor.signIn(token, '/changes');
    await entry('robot.armed').locator('summary').click();
    await entry('robot.armed').getByText('rate.per').waitFor();
  });
});
