import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer, type Endpoint } from '../testing/customer.js';
import { interviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { inBrowser, visitEachTest } from './in-browser.js';
import type { Visitor } from './visitor.js';

inBrowser('the health of an endpoint', () => {
  const { address } = Customer.ofStack();
  const operator = new Operator(address);
  const producers = new ProducerService(address);
  let customer: Customer;
  let token: string;
  let receiver: Receiver;
  let endpoint: Endpoint;
  let visitor: Visitor;

  visitEachTest(address.api, (each) => (visitor = each));

  /** An endpoint that answered 410. */
  beforeAll(async () => {
    ({ token } = await operator.token(await operator.organization('Health')));
    customer = new Customer(address, token);
    receiver = await Receiver.start();
    receiver.always({ status: 410 });
    endpoint = await customer.register(receiver.url, { events: ['interview_completed'] });
    await producers.post(interviewCompleted(), undefined, token);
    await waitFor(
      async () => !(await customer.endpoint(endpoint.id)).is_active,
      'the endpoint to be disabled',
    );
    await waitFor(
      async () => (await customer.events({ event_type: 'endpoint.disabled' })).length > 0,
      'the notice in the audit',
    );
  });

  afterAll(() => receiver.stop());

  it('is on its card: that it is failing, since when, and how it last succeeded', async () => {
    const { page } = visitor;
    await page.route('**/api/v1/webhook-endpoints/?*', async (route) => {
      const answer = await route.fetch();
      const { results, ...rest } = (await answer.json()) as { results: Endpoint[] };
      const health = {
        ...{ state: 'failing', failing_since: '2026-01-15T14:30:00.000Z', last_success_at: null },
        consecutive_failures: 12,
      };
      await route.fulfill({
        json: { ...rest, results: results.map((each) => ({ ...each, is_active: true, health })) },
      });
    });
    await visitor.signIn(token, '/endpoints');
    const card = page.getByRole('article');
    await card.getByText('Failing', { exact: true }).waitFor();
    await card.getByText(/12 deliveries have failed since .*Nothing has succeeded yet\./).waitFor();
    expect(await visitor.accessibilityFaultsInBothThemes()).toEqual([]);
  });

  it('says why it was disabled, has a history, and a button that switches the endpoint on and offers what it missed', async () => {
    const { page } = visitor;
    await visitor.signIn(token, '/endpoints');
    const card = page.getByRole('article');
    await card.getByText('Disabled', { exact: true }).waitFor();
    await card.getByText('Disabled: your server answered 410 Gone.').waitFor();
    await card.getByRole('link', { name: /hook/ }).click();
    const history = page.getByRole('list', { name: 'History of its health' });
    await history.getByText('Disabled: the server answered 410 Gone').waitFor();
    await page.getByText('Endpoint disabled by the service').waitFor();
    expect(await visitor.accessibilityFaultsInBothThemes()).toEqual([]);
    receiver.always({ status: 200 });
    expect((await producers.post(interviewCompleted(), undefined, token)).status).toBe(202);
    await visitor.button('Switch on').click();
    await visitor.dialog.getByText('Recover what it missed?').waitFor();
    expect(await visitor.accessibilityFaultsInBothThemes()).toEqual([]);
    await visitor.button('Start recovery').click();
    await visitor.dialog.waitFor({ state: 'detached' });
    // The event that was answered 410, once more, and the one that came while the endpoint was disabled.
    await waitFor(() => Promise.resolve(receiver.arrivals.length === 3), 'what the endpoint missed');
    await page.getByText('done', { exact: true }).waitFor();
    await card.getByText('Healthy', { exact: true }).waitFor();
    expect(await customer.endpoint(endpoint.id)).toMatchObject({
      is_active: true,
      disabled_reason: null,
      health: { state: 'healthy', consecutive_failures: 0 },
    });
    await visitor.button('Edit').click();
    await visitor.dialog.getByLabel('Endpoint recovered').check();
    await visitor.button('Save changes').click();
    await visitor.dialog.waitFor({ state: 'detached' });
    expect((await customer.endpoint(endpoint.id)).events).toEqual([
      'interview_completed',
      'endpoint.recovered',
    ]);
  });
});
