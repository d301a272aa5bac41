import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';
import type { Route } from 'playwright-core';

import { Customer } from '../testing/customer.js';
import { interviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { inBrowser, visitEachTest } from './in-browser.js';
import type { Visitor } from './visitor.js';

/** What a service says whose database is away. */
const away = (route: Route) =>
  route.fulfill({ status: 503, headers: { 'retry-after': '1' }, json: { detail: 'The database is away.' } });

inBrowser('what the dashboard says when it cannot show what is asked for', () => {
  const address = Customer.ofStack().address;
  const operator = new Operator(address);
  const producers = new ProducerService(address);
  let customer: Customer;
  let organization: string;
  let token: string;
  let receiver: Receiver;
  let visitor: Visitor;
  let places: (readonly [path: string, what: string])[];

  visitEachTest(address.api, (each) => (visitor = each));

  beforeAll(async () => {
    organization = await operator.organization('States');
    ({ token } = await operator.token(organization));
    customer = new Customer(address, token);
    receiver = await Receiver.start();
    const { id } = await customer.register(receiver.url);
    await producers.post(interviewCompleted(), undefined, token);
    const made = await waitFor(() => customer.deliveryTo(id, 'success'), 'a delivery');
    places = [
      ['/', '.ranking-row'],
      ['/endpoints', 'article'],
      [`/endpoints/${id}`, 'article'],
      ['/changes', '.change-row'],
      ['/deliveries', '.delivery-row'],
      [`/deliveries/${made.id}`, '.wire'],
      ['/events', '.event-row'],
      [`/events/${made.event_id}`, '.delivery-row'],
    ];
  });

  afterAll(() => receiver.stop());

  it('that it is on its way, and on every page that it could not be had, with a way to try again', async () => {
    const { page } = visitor;
    await visitor.signIn(token);
    for (const [path, sign] of places) {
      let answer: (route: Route) => Promise<void> = () => new Promise(() => undefined);
      await page.route('**/api/v1/**', (route) => answer(route));
      await visitor.open(path);
      await page
        .getByRole('status', { name: /^Loading/ })
        .first()
        .waitFor();

      answer = (route) => route.fulfill({ status: 500, json: { detail: 'A server error occurred.' } });
      await visitor.open(path);
      await page.getByRole('alert').getByText('A server error occurred.').first().waitFor();
      expect([path, await visitor.accessibilityFaults()]).toEqual([path, []]);
      const again = visitor.button('Try again').first();
      await again.waitFor();
      await page.unroute('**/api/v1/**');
      await again.click({ timeout: 10_000 }).catch(async (error: unknown) => {
        // A page that looks every few seconds may be faster.
        if (!(await page.locator(sign).first().isVisible())) throw error;
      });
      await page.locator(sign).first().waitFor();
    }
  });

  it('that the API is away, while it asks again by itself, and that what is still shown may be old', async () => {
    const { page } = visitor;
    await visitor.signIn(token, '/deliveries');
    const row = page.locator('.delivery-row').first();
    await row.waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.route('**/webhook-deliveries/**', away);
    await page.route('**/webhook-events/**', away);
    await producers.post(interviewCompleted(), undefined, token);
    await page.getByText('What you see may be out of date. The database is away.').waitFor();
    expect(await row.isVisible()).toBe(true);
    await visitor.open('/events');
    await page.getByText('Still trying. The database is away.').waitFor();
    await page.unrouteAll();
    await page.locator('.event-row').first().waitFor();
    await page.getByText('The database is away.').waitFor({ state: 'detached' });
  });

  it('that there is no connection, where the browser knows of none', async () => {
    const { page } = visitor;
    await visitor.signIn(token);
    await page.context().setOffline(true);
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByText('Still trying. The server cannot be reached.').waitFor();
    await page.context().setOffline(false);
    await page.locator('.event-row').first().waitFor();
  });

  it('that the address asks for what is none, and leads on to all there is', async () => {
    const { page } = visitor;
    await visitor.signIn(token, '/deliveries?cursor=nonsense');
    await visitor.button('Show all deliveries').click();
    await page.locator('.delivery-row').first().waitFor();
    expect(new URL(page.url()).search).toBe('');
    await visitor.open('/events?event_type=nonsense');
    await visitor.button('Show all events').click();
    await page.locator('.event-row').first().waitFor();
  });

  it('that an event had no subscriber', async () => {
    const { page } = visitor;
    const lonely = await operator.token(await operator.organization('Nobody listens'));
    await producers.post(interviewCompleted(), undefined, lonely.token);
    await visitor.signIn(lonely.token, '/events');
    await page.getByText('no subscriber').click();
    await page.getByRole('heading', { name: 'No endpoint was subscribed to it' }).waitFor();
    expect(await visitor.accessibilityFaults()).toEqual([]);
  });

  it('which scope the token lacks, and shows all that it may see', async () => {
    const { page } = visitor;
    const reader = await operator.token(organization, { scopes: 'endpoints:read' });
    await visitor.signIn(reader.token);
    await page.getByText('the token lacks the scope deliveries:read').waitFor();
    await waitFor(async () => (await page.locator('.skeleton').count()) === 0, 'the end of loading');
    expect(await page.getByRole('heading', { name: 'Your token does not allow this' }).count()).toBe(1);
    await page.getByText('Updating every').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Endpoints' }).click();
    await page.getByRole('article').getByText('Not available').waitFor();
    await visitor.button('Add endpoint').click();
    await page.getByLabel('URL').fill(receiver.url);
    await visitor.button('Create endpoint').click();
    await visitor.dialog.getByText('the token lacks the scope endpoints:write').waitFor();

    const auditor = await operator.token(organization, { scopes: 'deliveries:read' });
    await visitor.press('Escape');
    await visitor.button('Sign out').click();
    await visitor.signIn(auditor.token, '/deliveries');
    await page
      .locator('.delivery-row')
      .first()
      .getByText(/^Endpoint [0-9a-f]{8}…$/)
      .waitFor();
    await page.locator('.delivery-row').first().click();
    await visitor.button('Send again').waitFor();
    await page
      .locator('.delivery-facts')
      .getByText(/^Endpoint [0-9a-f]{8}…$/)
      .waitFor();
  });
});
