import { createHash } from 'node:crypto';

import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer, type Delivery, type DeliveryRequest } from '../testing/customer.js';
import { interviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { inBrowser, visitEachTest } from './in-browser.js';
import type { Visitor } from './visitor.js';

inBrowser('the evidence of an attempt', () => {
  const address = Customer.ofStack().address;
  const operator = new Operator(address);
  const producers = new ProducerService(address);
  let organization: string;
  let token: string;
  let receivers: readonly [Receiver, Receiver];
  let secret: string;
  let delivery: Delivery;
  let visitor: Visitor;

  visitEachTest(address.api, (each) => (visitor = each));

  /** A delivery that failed at a first address and succeeded at a second. */
  beforeAll(async () => {
    organization = await operator.organization('Evidence');
    ({ token } = await operator.token(organization));
    const customer = new Customer(address, token);
    receivers = [await Receiver.start(), await Receiver.start()];
    const [before, after] = receivers;
    before.always({
      status: 410,
      body: 'gone',
      headers: { 'set-cookie': 'session=abc', 'x-note': '<b>bold</b>' },
    });
    const { id, secret: made } = await customer.register(before.url, { events: ['interview_completed'] });
    secret = made;
    await producers.post(interviewCompleted(), undefined, token);
    const failed = await waitFor(() => customer.deliveryTo(id, 'failed'), 'a delivery that failed');
    // The answer 410 disables it.
    await waitFor(async () => !(await customer.endpoint(id)).is_active, 'the endpoint to be disabled');
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${id}/`, { url: after.url, is_active: true });
    await customer.call('POST', `/api/v1/webhook-deliveries/${failed.id}/retry/`);
    delivery = await waitFor(() => customer.deliveryTo(id, 'success'), 'a delivery that succeeded');
  });

  afterAll(async () => {
    for (const receiver of receivers) await receiver.stop();
  });

  const attempts = () => visitor.page.locator('.timeline > li');
  const request = (attempt: number) =>
    visitor.button(`Show the request of attempt ${attempt} as it was sent`);

  it('is where it went, which version of the endpoint, what signed it, how long it took, and the headers', async () => {
    const { page } = visitor;
    await visitor.signIn(token, `/deliveries/${delivery.id}`);
    for (const [index, receiver] of receivers.entries()) {
      await page.getByText(`How attempt ${index + 1} went`).click();
      const evidence = attempts().nth(index).locator('.evidence');
      await evidence.getByText(receiver.url, { exact: true }).waitFor();
      const text = await evidence.textContent();
      const signer = createHash('sha256').update(secret).digest('hex').slice(0, 8);
      const { endpoint_version } = delivery.attempts[index]!;
      expect(text).toContain(`Address127.0.0.1Endpoint’s version${endpoint_version}Signed with${signer} (`);
      expect(text).toMatch(/First byte\d+ ms/);
    }
    const headers = await page
      .getByRole('region', { name: 'the answer’s headers to attempt 1' })
      .textContent();
    expect(headers).toContain('set-cookie: …');
    expect(headers).toContain('x-note: <b>bold</b>');
    expect(await page.content()).not.toContain('session=abc');
    await page.setViewportSize({ width: 360, height: 740 });
    expect([await visitor.scrollsSideways(), await visitor.accessibilityFaults()]).toEqual([false, []]);
  });

  it('has the request as it was sent then, and the page says where that is not what is shown', async () => {
    const { page } = visitor;
    const [before, after] = receivers;
    await page.setViewportSize({ width: 360, height: 740 });
    await visitor.signIn(token, `/deliveries/${delivery.id}`);
    await page.getByText('This is with the endpoint’s current settings.').waitFor();
    await page.locator('.wire').getByText(after.url).waitFor();
    await request(1).focus();
    await visitor.press('Enter');
    await page.getByText('This is what the attempt sent then.').waitFor();
    await page.locator('.wire').getByText(before.url).waitFor();
    await waitFor(
      () =>
        page.evaluate<boolean>('document.querySelector("#sent").getBoundingClientRect().top < innerHeight'),
      'what was asked for in view, also on a phone',
    );
    await page.getByRole('tab', { name: 'Headers' }).click();
    const headers = (await page.getByLabel('the headers').last().textContent()) ?? '';
    const [arrival] = before.arrivals;
    for (const [name, value] of headers.split('\n').map((line) => line.split(/: (.*)/))) {
      expect([name, arrival!.headers[name!.toLowerCase()]]).toEqual([name, value]);
    }
    expect(await visitor.accessibilityFaults()).toEqual([]);
    await request(1).click();
    await page.locator('.wire').getByText(after.url).waitFor();
  });

  it('shows a token with fewer scopes no address and no whole signature, and says so', async () => {
    const { page } = visitor;
    const reader = await operator.token(organization, { scopes: 'deliveries:read' });
    await visitor.signIn(reader.token, `/deliveries/${delivery.id}`);
    await page.getByText('How attempt 1 went').click();
    await attempts().first().getByText('Not known, or your token lacks the scope endpoints:read').waitFor();
    await request(1).click();
    await page.getByText('Credentials are shortened to “…”.').waitFor();
    for (const { url } of receivers) expect(await page.content()).not.toContain(url);
  });

  it('was not recorded of attempts before it was, which the page says', async () => {
    const { page } = visitor;
    await page.route(`**/webhook-deliveries/${delivery.id}/`, async (route) => {
      const response = await route.fetch();
      const known = (await response.json()) as Delivery;
      const old = { url: null, endpoint_version: null, remote_address: null, signed_with: null };
      await route.fulfill({
        response,
        json: {
          ...known,
          attempts: known.attempts.map((attempt) => ({
            ...attempt,
            ...old,
            timings_ms: null,
            response_headers: null,
          })),
        },
      });
    });
    await page.route(`**/webhook-deliveries/${delivery.id}/request/?attempt=1`, async (route) => {
      const response = await route.fetch();
      const sent = (await response.json()) as DeliveryRequest;
      const headers = { ...sent.headers, 'X-Webhook-Signature-256': null, 'webhook-signature': null };
      await route.fulfill({ response, json: { ...sent, url: null, headers } });
    });
    await visitor.signIn(token, `/deliveries/${delivery.id}`);
    await attempts().first().getByText('How this attempt went was not recorded').waitFor();
    await request(1).click();
    await page.getByText('Where it went and what signed it was not recorded then.').waitFor();
    await page.getByText('(the URL was not recorded)').waitFor();
    await page.getByText('The signature that was sent is not known').waitFor();
    expect(await visitor.accessibilityFaults()).toEqual([]);
  });
});
