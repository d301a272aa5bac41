import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer, type Delivery, type DeliveryRequest } from '../testing/customer.js';
import { interviewCompleted, mockInterviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { inBrowser, visitEachTest } from './in-browser.js';
import { Visitor } from './visitor.js';

const run = promisify(execFile);
/** What a page may weigh before it shows anything, compressed. */
const FIRST_LOAD_LIMIT_BYTES = 200 * 1_024;

inBrowser('the dashboard', () => {
  const address = Customer.ofStack().address;
  const operator = new Operator(address);
  const producers = new ProducerService(address);
  let customer: Customer;
  let organization: string;
  let token: string;
  let receiver: Receiver;
  let visitor: Visitor;

  visitEachTest(address.api, (each) => (visitor = each));

  beforeAll(async () => {
    organization = await operator.organization('Dashboard');
    ({ token } = await operator.token(organization));
    customer = new Customer(address, token);
    receiver = await Receiver.start();
  });

  afterAll(() => receiver.stop());

  beforeEach(() => {
    receiver.always({ status: 200, body: 'thank you' });
  });

  async function complete(count = 1): Promise<void> {
    const batch = Array.from({ length: count }, () => interviewCompleted());
    const { status } = await producers.post(batch, 'application/cloudevents-batch+json', token);
    expect(status).toBe(202);
  }

  const delivery = (endpointId: string, status: Delivery['status']) =>
    waitFor(() => customer.deliveryTo(endpointId, status), `a delivery that stands at ${status}`);

  describe('a visitor', () => {
    it('signs in with a token that counts, which stands in no address and lasts as long as the tab', async () => {
      const { page } = visitor;
      await visitor.open('/deliveries?status=failed');
      await page.getByLabel('API token').fill('not-a-token');
      await visitor.button('Sign in').click();
      await page.getByText('This token is unknown').waitFor();

      await page.getByLabel('API token').fill(token);
      await visitor.button('Sign in').click();
      await visitor.heading('Deliveries').waitFor();
      expect(page.url()).toBe(`${address.api}/dashboard/deliveries?status=failed`);
      await page.reload();
      await visitor.heading('Deliveries').waitFor();

      await visitor.button('Sign out').click();
      await visitor.heading('Webhook dashboard').waitFor();
      const other = await Visitor.arrive(page.context(), address.api);
      await other.open('/');
      await other.heading('Webhook dashboard').waitFor();
      await other.leave();
    });

    it('is led back to the door when the token is revoked', async () => {
      const doomed = await operator.token(organization);
      await visitor.signIn(doomed.token);
      await operator.admin('tokens', 'revoke', doomed.id);
      const farewell = visitor.page.getByText('Your token is no longer valid');
      const events = visitor.page.getByRole('link', { name: 'Events' });
      await events.click({ timeout: 10_000 }).catch(async (error: unknown) => {
        // The page may have found out by itself already.
        if (!(await farewell.isVisible())) throw error;
      });
      await farewell.waitFor();
    });

    it('sees of an organisation without anything what to do first', async () => {
      const empty = await operator.token(await operator.organization('Empty'));
      await visitor.signIn(empty.token);
      await visitor.page.getByText('Nothing was sent in the last 24 hours').waitFor();
      for (const [place, words] of [
        ['Deliveries', 'Nothing was sent yet'],
        ['Events', 'No events yet'],
        ['Endpoints', 'No endpoints yet'],
      ] as const) {
        await visitor.page.getByRole('link', { name: place, exact: true }).click();
        await visitor.page.getByRole('heading', { name: words }).waitFor();
      }
    });
  });

  describe('endpoints', () => {
    it('are made, tested, paused, changed, given a new secret and deleted', async () => {
      const { page } = visitor;
      await visitor.signIn(token, '/endpoints');
      await visitor.button('Add endpoint').click();
      await page.getByLabel('URL').fill('ftp://nowhere');
      await visitor.button('Create endpoint').click();
      await visitor.dialog.locator('.problem').filter({ hasText: /./ }).first().waitFor();
      await page.getByLabel('URL').fill(receiver.url);
      await page.getByLabel('Description').fill('Made in a browser');
      await visitor.button('Create endpoint').click();

      const secret = (await page.getByTestId('secret').textContent()) ?? '';
      expect(secret).toMatch(/^whsec_/);
      await visitor.button('Copy the secret').click();
      await visitor.wasShown('Copied');
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret);
      await visitor.button('I have saved it').click();
      const card = page.getByRole('article').filter({ hasText: 'Made in a browser' });
      await card.waitFor();
      expect(await page.content()).not.toContain(secret);

      await card.getByRole('button', { name: 'Send test' }).click();
      await page.getByText('Test webhook sent successfully').waitFor();
      await visitor.dialog.getByText('thank you').waitFor();
      receiver.next({ status: 503, body: 'closed for lunch' });
      await visitor.button('Send again').click();
      await page.getByText('The test webhook was not delivered.').waitFor();
      await visitor.dialog.getByText('closed for lunch').waitFor();
      await page.keyboard.press('Escape');
      await visitor.dialog.waitFor({ state: 'detached' });
      const [arrival] = receiver.arrivals;
      const expected = createHmac('sha256', secret)
        .update(arrival?.body ?? '')
        .digest('hex');
      expect(arrival?.headers['x-webhook-signature-256']).toBe(`sha256=${expected}`);

      await card.getByText('Active', { exact: true }).click();
      await card.getByText('Paused', { exact: true }).waitFor();
      await visitor.wasShown('The endpoint is paused');
      await card.getByText('Paused', { exact: true }).click();
      await visitor.wasShown('The endpoint is active');

      await card.getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Description').fill('Changed in a browser');
      await page.getByLabel('Mock interview completed').uncheck();
      await page.getByLabel('Rate limit').fill('ten');
      await visitor.button('Save changes').click();
      await visitor.dialog.getByText('Must be a whole number from 1 to 1,000').waitFor();
      await page.getByLabel('Rate limit').fill('10');
      await visitor.button('Save changes').click();
      const changed = page.getByRole('article').filter({ hasText: 'Changed in a browser' });
      await changed.getByText('At most 10 a second').waitFor();

      await changed.getByRole('button', { name: 'Hold' }).click();
      await changed.getByText('its deliveries wait').waitFor();
      expect(await visitor.accessibilityFaults()).toEqual([]);
      await changed.getByRole('button', { name: 'Resume' }).click();
      await changed.getByText('its deliveries wait').waitFor({ state: 'detached' });

      await changed.getByRole('button', { name: 'New secret' }).click();
      await visitor.button('Make a new secret').click();
      await page.getByTestId('secret').waitFor();
      expect(await page.getByTestId('secret').textContent()).not.toBe(secret);
      await visitor.button('I have saved it').click();

      await changed.getByRole('button', { name: 'Delete' }).click();
      await visitor.button('Delete endpoint').click();
      await changed.waitFor({ state: 'detached' });
    });

    it('show a secret of the customer’s own also as libraries of Standard Webhooks take it', async () => {
      const { page } = visitor;
      await visitor.signIn(token, '/endpoints');
      await visitor.button('Add endpoint').click();
      await page.getByLabel('URL').fill(receiver.url);
      await page.getByLabel('Description').fill('With an own secret');
      await page.getByLabel('Signing secret').fill('MyCompanySecretKey2024==');
      await visitor.button('Create endpoint').click();
      const standard = (await page.getByTestId('standard-webhooks-secret').textContent()) ?? '';
      expect(standard).toBe(`whsec_${Buffer.from('MyCompanySecretKey2024==').toString('base64')}`);
      await visitor.button('I have saved it').click();
      const card = page.getByRole('article').filter({ hasText: 'With an own secret' });
      await card.getByRole('button', { name: 'Delete' }).click();
      await visitor.button('Delete endpoint').click();
      await card.waitFor({ state: 'detached' });
    });

    it('get headers and credentials, which are never shown again, and lose them', async () => {
      const { page } = visitor;
      await visitor.signIn(token, '/endpoints');
      await visitor.button('Add endpoint').click();
      await page.getByLabel('URL').fill(receiver.url);
      await page.getByLabel('Description').fill('Behind a gateway');
      await visitor.button('Add a header').click();
      await page.getByLabel('Name of new header 1').fill('Host');
      await page.getByLabel('Value of new header 1').fill('value-of-a-header');
      await page.getByLabel('Type of authentication').selectOption({ label: 'OAuth 2.0 client credentials' });
      await page.getByLabel('Client secret').waitFor();
      await page.getByLabel('Type of authentication').selectOption({ label: 'User name and password' });
      await page.getByLabel('User name').fill('hooks');
      await page.getByLabel('Password').fill('pass-of-a-customer');
      expect(await visitor.accessibilityFaults()).toEqual([]);
      await visitor.button('Create endpoint').click();
      await visitor.dialog.getByText('Host: Host follows from the URL.').waitFor();
      await page.getByLabel('Name of new header 1').fill('X-Gateway');
      await visitor.button('Create endpoint').click();
      await visitor.button('I have saved it').click();

      const card = page.getByRole('article').filter({ hasText: 'Behind a gateway' });
      await card.getByText('X-Gateway ••••••••').waitFor();
      await card.getByText('User name: hooks').waitFor();
      expect(await page.content()).not.toMatch(/value-of-a-header|pass-of-a-customer/);
      expect(await visitor.accessibilityFaults()).toEqual([]);
      await card.getByRole('button', { name: 'Send test' }).click();
      await page.getByText('Test webhook sent successfully').waitFor();
      await page.keyboard.press('Escape');
      await visitor.dialog.waitFor({ state: 'detached' });
      expect(receiver.arrivals.at(-1)?.headers).toMatchObject({
        'x-gateway': 'value-of-a-header',
        authorization: `Basic ${Buffer.from('hooks:pass-of-a-customer').toString('base64')}`,
      });

      await card.getByRole('button', { name: 'Edit' }).click();
      await visitor.button('Remove X-Gateway').click();
      await visitor.button('Save changes').click();
      await card.getByText('X-Gateway ••••••••').waitFor({ state: 'detached' });
      await card.getByText('User name: hooks').waitFor();
      await card.getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Type of authentication').selectOption({ label: 'None' });
      await visitor.button('Save changes').click();
      await card.getByText('User name: hooks').waitFor({ state: 'detached' });
      await card.getByRole('button', { name: 'Delete' }).click();
      await visitor.button('Delete endpoint').click();
      await card.waitFor({ state: 'detached' });
    });

    it('can be made with the keyboard alone', async () => {
      const { page } = visitor;
      await visitor.signIn(token);
      await visitor.tabTo('Endpoints');
      await visitor.press('Enter');
      await visitor.heading('Endpoints').waitFor();
      await visitor.tabTo('Add endpoint');
      await visitor.press('Enter');
      await visitor.dialog.waitFor();
      await visitor.tabTo('URL');
      await page.keyboard.type(receiver.url);
      await visitor.tabTo('Description');
      await page.keyboard.type('By keyboard');
      await visitor.press('Enter');
      await page.getByTestId('secret').waitFor();
      await visitor.tabTo('I have saved it');
      await visitor.press('Enter');
      const card = page.getByRole('article').filter({ hasText: 'By keyboard' });
      await card.waitFor();
      await visitor.dialog.waitFor({ state: 'detached' });
      await waitFor(
        () => page.evaluate<boolean>('document.activeElement.id === "main"'),
        'the focus on the page, for the button that opened the dialog may be gone',
      );

      await visitor.tabTo('Active: ');
      await visitor.press('Space');
      await card.getByText('Paused', { exact: true }).waitFor();
      await visitor.tabTo('Send test');
      await visitor.press('Enter');
      await visitor.dialog.getByText('thank you').waitFor();
      await visitor.press('Escape');
      await visitor.dialog.waitFor({ state: 'detached' });
      await waitFor(async () => (await visitor.focused()) === 'Send test', 'the focus where it was');
      await visitor.tabTo('Delete');
      await visitor.press('Enter');
      await visitor.dialog.waitFor();
      await visitor.tabTo('Delete endpoint');
      await visitor.press('Enter');
      await card.waitFor({ state: 'detached' });
    });
  });

  describe('deliveries', () => {
    let endpointId: string;

    beforeAll(async () => {
      ({ id: endpointId } = await customer.register(receiver.url, { description: 'Log' }));
    });

    it('appear by themselves, with filters and pages that stand in the address', async () => {
      const { page } = visitor;
      await visitor.signIn(token, `/deliveries?endpoint_id=${endpointId}`);
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByText('Nothing matches these filters').waitFor();
      await complete();
      const rows = page.getByRole('list', { name: 'Deliveries' }).getByRole('listitem');
      await rows.filter({ hasText: 'Delivered' }).first().waitFor();

      await complete(30);
      await waitFor(async () => (await rows.count()) === 25, 'a full page');
      // Those that come later would be on pages before.
      await waitFor(async () => {
        const query = { endpoint_id: endpointId, status: 'success', page_size: '200' };
        return (await customer.deliveries(query)).length === 31;
      }, 'all deliveries');
      await page.reload();
      await waitFor(async () => (await rows.count()) === 25, 'the first of all');
      await visitor.button('Older').click();
      await waitFor(async () => (await rows.count()) === 6, 'the rest');
      expect(page.url()).toContain('cursor=');
      await page.reload();
      await waitFor(async () => (await rows.count()) === 6, 'the same page');
      await visitor.button('Newer').click();
      await waitFor(async () => (await rows.count()) === 25, 'the first page');

      await page.getByLabel('Status').selectOption('failed');
      await page.getByText('Nothing matches these filters').waitFor();
      expect(new URL(page.url()).searchParams.get('status')).toBe('failed');
      await page.getByLabel('Event type').selectOption('interview_completed');
      await page.getByLabel('Status').selectOption('success');
      await waitFor(async () => (await rows.count()) === 25, 'those that were delivered');
      await page.getByRole('search').getByRole('button', { name: 'Clear' }).click();
      expect(new URL(page.url()).search).toBe('');
    });

    it('are looked for every few seconds where the stream does not come through', async () => {
      const { page } = visitor;
      await page.route('**/webhook-deliveries/stream/', (route) => route.abort());
      await visitor.signIn(
        token,
        `/deliveries?endpoint_id=${endpointId}&event_type=mock_interview_completed`,
      );
      await page.getByText('Updating every 5 s').waitFor();
      await producers.post(mockInterviewCompleted(), undefined, token);
      await page.getByRole('list', { name: 'Deliveries' }).getByText('Mock interview completed').waitFor();
    });

    it('show what was sent, what came back, when the next attempt is, and succeed after a retry by hand', async () => {
      const { page } = visitor;
      const failing = await Receiver.start();
      failing.always({ status: 500, body: 'out of order' });
      failing.next({ status: 503, body: 'out of order', headers: { 'retry-after': '3600' } });
      const { id, secret, standard_webhooks_secret } = await customer.register(failing.url, {
        description: 'Failing',
        secret: 'MyCompanySecretKey2024==',
      });
      await visitor.signIn(token, `/deliveries?endpoint_id=${id}`);
      await page.getByText('Nothing matches these filters').waitFor();
      await complete();
      await page.getByRole('list', { name: 'Deliveries' }).getByRole('link').first().click();
      await page.getByRole('timer').first().waitFor();
      await page.getByText('out of order').first().waitFor();
      const waiting = await delivery(id, 'retrying');
      await customer.call('POST', `/api/v1/webhook-deliveries/${waiting.id}/retry/`);
      const { attempts: made } = await delivery(id, 'failed');
      await page.locator('h1 .badge.failed').waitFor();
      const attempts = page.locator('.timeline > li');
      await waitFor(async () => (await attempts.count()) === 5, 'one attempt, and four of the retry');
      expect(await attempts.first().textContent()).toMatch(/[1-9]\d{0,6} bytes in the request’s body/);
      await page.getByText('How attempt 1 went').click();
      const evidence = attempts.first().locator('.evidence');
      await evidence.getByText(failing.url, { exact: true }).waitFor();
      expect(await evidence.textContent()).toMatch(
        /Address127\.0\.0\.1.*Signed with[0-9a-f]{8}.*First byte\d/,
      );
      expect(await evidence.textContent()).toContain('retry-after: 3600');
      expect(await visitor.accessibilityFaults()).toEqual([]);
      await visitor.button('Show the request of attempt 1 as it was sent').click();
      await page.getByRole('heading', { name: 'What was sent, attempt 1' }).waitFor();
      await visitor.button('Show the request of attempt 1 as it was sent').click();
      await page.getByRole('heading', { name: `What was sent, attempt ${made.at(-1)!.number}` }).waitFor();

      const sent = failing.arrivals.at(-1)!;
      await page.getByRole('tab', { name: 'Raw' }).click();
      await waitFor(
        async () => (await page.getByLabel('the raw body').last().textContent()) === sent.body,
        'the body',
      );
      await page.getByRole('tab', { name: 'Headers' }).click();
      const headers = (await page.getByLabel('the headers').last().textContent()) ?? '';
      for (const [name, value] of headers.split('\n').map((line) => line.split(/: (.*)/))) {
        expect([name, sent.headers[name!.toLowerCase()]]).toEqual([name, value]);
      }
      for (const [tab, program, args] of [
        ['curl', 'sh', ['-c']],
        ['Node', process.execPath, ['--input-type=module', '-e']],
        ['Python', 'python3', ['-c']],
        ['Standard Webhooks', process.execPath, ['--input-type=module', '-e']],
      ] as const) {
        await page.getByRole('tab', { name: tab }).click();
        const snippet = (await page.getByRole('region', { name: `the ${tab} program` }).textContent()) ?? '';
        const env = { ...process.env, SECRET: secret, STANDARD_WEBHOOKS_SECRET: standard_webhooks_secret };
        expect((await run(program, [...args, snippet], { env })).stdout).toMatch(/^genuine\n/);
      }
      const again = failing.arrivals.at(-1)!;
      expect([failing.arrivals.length, again.body]).toEqual([6, sent.body]);
      expect(again.headers['x-webhook-signature-256']).toBe(sent.headers['x-webhook-signature-256']);

      // Beside what is seen with a mouse, the tabs are reached and the retry is asked for by keyboard.
      await page.getByRole('tab', { name: 'Raw' }).click();
      await page.getByRole('tab', { name: 'Raw', selected: true }).waitFor();
      await visitor.press('ArrowRight');
      await page.getByRole('tab', { name: 'Headers', selected: true }).waitFor();
      failing.always({ status: 200, body: 'works again' });
      const byHand = page.getByText('by hand');
      const before = await byHand.count();
      await visitor.button('Retry now').focus();
      await visitor.press('Enter');
      await page.locator('h1 .badge.success').waitFor();
      await page.getByText('works again').waitFor();
      await waitFor(async () => (await byHand.count()) === before + 1, 'the attempt by hand');
      expect(await visitor.button('Retry now').count()).toBe(0);

      await visitor.button('Send again').click();
      const question = page.getByRole('alertdialog', { name: 'Send this delivery again?' });
      await question.waitFor();
      expect(await visitor.accessibilityFaults()).toEqual([]);
      await question.getByRole('button', { name: 'Cancel' }).click();
      await question.waitFor({ state: 'detached' });
      await visitor.button('Send again').click();
      await question.getByRole('button', { name: 'Send again' }).click();
      await visitor.wasShown('The delivery is being sent again');
      await waitFor(() => Promise.resolve(failing.arrivals.length === 8), 'the request that was sent again');
      await page
        .getByText(`Attempt ${made.at(-1)!.number + 2}`)
        .first()
        .waitFor();
      await failing.stop();
      await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
    });

    it('show the request with headers that a receiver got, to its organisation alone', async () => {
      const { id } = (await customer.deliveries({ endpoint_id: endpointId }))[0]!;
      const path = `/api/v1/webhook-deliveries/${id}/request/`;
      const { body } = await customer.call<DeliveryRequest>('GET', path);
      const arrival = receiver.arrivals.find(({ headers }) => headers['x-webhook-id'] === id)!;
      expect([body.body, body.headers['webhook-signature']]).toEqual([
        arrival.body,
        arrival.headers['webhook-signature'],
      ]);
      expect((await Customer.ofStack().call('GET', path)).status).toBe(404);
    });
  });

  describe('events', () => {
    it('show their payload and what became of them with each endpoint', async () => {
      const { page } = visitor;
      await visitor.signIn(token, '/events?event_type=interview_completed');
      await page.getByRole('list', { name: 'Events' }).getByRole('link').first().click();
      await page.getByRole('heading', { name: 'Interview completed' }).waitFor();
      await page.getByRole('region', { name: 'the payload' }).getByText('hiring_recommendation').waitFor();
      await page.getByRole('list', { name: 'Deliveries of this event' }).getByRole('link').first().click();
      await page.getByRole('heading', { name: 'Attempts' }).waitFor();
    });

    it('are sent again to one endpoint, which gets the same request', async () => {
      const { page } = visitor;
      const { id } = await customer.register(receiver.url, { description: 'To get it again' });
      await complete();
      const sent = await delivery(id, 'success');
      const copies = () => receiver.arrivals.filter(({ headers }) => headers['x-webhook-id'] === sent.id);
      const before = copies().length;
      await visitor.signIn(token, `/events/${sent.event_id}`);
      await visitor.button('Send again').click();
      const question = page.getByRole('dialog', { name: 'Send this event again?' });
      await question.getByLabel('To', { exact: true }).selectOption(id);
      expect(await visitor.accessibilityFaults()).toEqual([]);
      await question.getByRole('button', { name: 'Send again' }).click();
      await page.getByText('The event is being sent again to 1 endpoint').waitFor();
      await question.waitFor({ state: 'detached' });
      await waitFor(() => Promise.resolve(copies().length === before + 1), 'the request that was sent again');
      expect(copies().at(-1)?.body).toBe(copies()[0]?.body);
      await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
    });
  });

  describe('the overview', () => {
    it('shows attempts by outcome over time and the endpoints that fail first', async () => {
      const { page } = visitor;
      await visitor.signIn(token);
      await page
        .getByRole('img', { name: /Attempts per minute over the last hour: \d+ delivered/ })
        .waitFor();
      expect(await page.locator('canvas').count()).toBe(2);
      const ranking = page.locator('.ranking-row');
      await ranking.first().waitFor();
      expect(await ranking.first().locator('.row-figure.bad').count()).toBe(1);
      await page.getByText('Show the figures').first().click();
      await page.getByRole('columnheader', { name: 'p95' }).first().waitFor();
    });
  });

  describe('when something goes wrong', () => {
    it('says so, and goes on once it is tried again', async () => {
      const { page } = visitor;
      await page.route('**/webhook-endpoints/?*', (route) =>
        route.fulfill({ status: 400, json: { detail: 'Out of order.' } }),
      );
      await visitor.signIn(token, '/endpoints');
      await page.getByText('This could not be loaded').waitFor();
      await page.unroute('**/webhook-endpoints/?*');
      await visitor.button('Try again').click();
      await page.getByRole('article').first().waitFor();
      await visitor.open('/deliveries/00000000-0000-4000-8000-000000000000');
      await page.getByText('This does not exist').waitFor();
    });

    it('waits as long as it is told when it asked too often', async () => {
      const { page } = visitor;
      let refused = 0;
      await page.route('**/webhook-events/?*', (route) => {
        refused += 1;
        return refused > 1
          ? route.continue()
          : route.fulfill({ status: 429, headers: { 'retry-after': '1' }, json: { detail: 'Too much.' } });
      });
      await visitor.signIn(token, '/events');
      await page.getByRole('list', { name: 'Events' }).waitFor();
      expect(refused).toBeGreaterThan(1);
    });
  });

  describe('every page', () => {
    it.each([
      ['of a deleted endpoint', 'the history of its health', '**/webhook-events/?*'],
      ['of an event', 'the event', '**/webhook-events/*/'],
    ])('%s does not jump on a narrow screen when %s comes last', async (which, _, late) => {
      const { page } = visitor;
      const { id } = await customer.register(receiver.url);
      await complete();
      const { event_id: event } = await delivery(id, 'success');
      await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
      await visitor.signIn(token);
      await page.setViewportSize({ width: 360, height: 740 });
      await page.route(late, async (route) => {
        await delay(1_500);
        await route.continue();
      });
      const [path, sign] =
        which === 'of an event' ? [`/events/${event}`, '.delivery-row'] : [`/endpoints/${id}`, '.change-row'];
      await visitor.open(path);
      await page.locator(sign).first().waitFor();
      await waitFor(async () => (await page.locator('.skeleton').count()) === 0, 'the end of loading');
      expect(await visitor.layoutShift()).toBeCloseTo(0, 2);
    });

    it.each(['light', 'dark'] as const)(
      'has no serious fault of accessibility in %s, fits 360 and 880 pixels, and does not jump',
      async (theme) => {
        const { page } = visitor;
        await visitor.theme(theme);
        await visitor.open('/');
        expect(await visitor.accessibilityFaults()).toEqual([]);
        await visitor.signIn(token);
        const [one] = await customer.deliveries({ status: 'success' });
        const places: [string, string][] = [
          ['/', '.ranking-row'],
          ['/endpoints', 'article .health'],
          [`/endpoints/${one!.endpoint_id}`, '.change-row'],
          ['/changes', '.change-row'],
          ['/deliveries', '.delivery-row'],
          [`/deliveries/${one!.id}`, '.wire'],
          ['/events', '.event-row'],
          [`/events/${one!.event_id}`, '.delivery-row'],
        ];
        for (const [path, sign] of places) {
          for (const viewport of [
            { width: 1280, height: 900 },
            { width: 880, height: 900 },
            { width: 360, height: 740 },
          ]) {
            const here = [path, viewport.width];
            await page.setViewportSize(viewport);
            await visitor.open(path);
            await page.locator(sign).first().waitFor();
            await page.getByText('…', { exact: true }).first().waitFor({ state: 'detached' });
            expect([...here, await visitor.layoutShift()]).toEqual([...here, expect.closeTo(0, 2)]);
            expect([...here, await visitor.accessibilityFaults()]).toEqual([...here, []]);
            expect([...here, await visitor.scrollsSideways()]).toEqual([...here, false]);
          }
        }
        await page.setViewportSize({ width: 1280, height: 900 });
        await visitor.open('/endpoints');
        await visitor.button('Add endpoint').click();
        await visitor.dialog.waitFor();
        expect(await visitor.accessibilityFaults()).toEqual([]);
      },
    );

    it('comes with a strict policy and few bytes, of which what does not change is kept', async () => {
      const { page } = visitor;
      let bytes = 0;
      const kept: string[] = [];
      page.on('response', (response) => {
        const { 'content-length': length, 'cache-control': cache } = response.headers();
        bytes += Number(length ?? 0);
        if (response.url().includes('/assets/')) kept.push(cache ?? '');
      });
      await visitor.signIn(token);
      await page.locator('canvas').first().waitFor();
      expect(bytes).toBeGreaterThan(50_000);
      expect(bytes).toBeLessThan(FIRST_LOAD_LIMIT_BYTES);
      expect(new Set(kept)).toEqual(new Set(['public, max-age=31536000, immutable']));
      const { headers } = await fetch(`${address.api}/dashboard/deliveries/anything`);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('cache-control')).toBe('no-store');
    });
  });
});
