import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer, type Endpoint, type WebhookEvent } from '../testing/customer.js';
import { interviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { inBrowser, visitEachTest } from './in-browser.js';
import type { Visitor } from './visitor.js';

inBrowser('filters in the dashboard', () => {
  const address = Customer.ofStack().address;
  const operator = new Operator(address);
  const producers = new ProducerService(address);
  let customer: Customer;
  let token: string;
  let receiver: Receiver;
  let visitor: Visitor;
  let endpoint: Endpoint;

  visitEachTest(address.api, (each) => (visitor = each));

  beforeAll(async () => {
    ({ token } = await operator.token(await operator.organization('Filters')));
    customer = new Customer(address, token);
    receiver = await Receiver.start();
    endpoint = await customer.register(receiver.url, { events: ['interview_completed'] });
  });

  afterAll(() => receiver.stop());

  /** Takes in an interview with this score. @returns the event's id, once the audit shows what became of it. */
  async function scored(score: number): Promise<string> {
    const event = interviewCompleted();
    const answer = await producers.post({ ...event, data: { ...event.data, score } }, undefined, token);
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    await waitFor(async () => {
      const { status, body } = await customer.call<WebhookEvent>('GET', `/api/v1/webhook-events/${id}/`);
      return status === 200 && (body.deliveries['success'] ?? 0) + (body.deliveries['filtered'] ?? 0) > 0;
    }, `the outcome of event ${id}`);
    return id;
  }

  async function expectAccessible(): Promise<void> {
    expect(await visitor.accessibilityFaultsInBothThemes()).toEqual([]);
    expect(await visitor.scrollsSideways()).toBe(false);
  }

  it('are tried with past events before they are saved, and say what is wrong with them', async () => {
    const { page } = visitor;
    await scored(79);
    await scored(91);
    await visitor.signIn(token, '/endpoints');
    await visitor.button('Edit').click();
    const field = visitor.dialog.getByLabel('Filter');
    const problem = (text: RegExp) => visitor.dialog.locator('.problem').filter({ hasText: text }).waitFor();

    await field.fill('{"data.score": ');
    await problem(/^This is not JSON/);
    expect(await visitor.button('Try with past events').isDisabled()).toBe(true);
    await field.fill('{"data.score": [{">=": "high"}]}');
    await visitor.button('Try with past events').click();
    await problem(/data\.score is a number from 0 to 100/);
    await visitor.button('Save changes').click();
    await problem(/data\.score is a number from 0 to 100/);
    await field.fill('{"data.scor": [{">=": 80}]}');
    await visitor.button('Try with past events').click();
    await visitor.dialog.getByText('No event type describes “data.scor”').waitFor();
    await visitor.dialog.getByText('received 0').waitFor();
    await field.fill('{"data.score": [{">=": 80}]}');
    await visitor.button('Try with past events').click();
    await visitor.dialog.getByText('received 1').waitFor();
    const tried = visitor.dialog.getByRole('list', { name: 'The newest of these events' });
    expect(await tried.locator('.badge').allTextContents()).toEqual(['Received', 'Filtered']);
    await expectAccessible();

    expect((await customer.endpoint(endpoint.id)) as object).toMatchObject({ filter: null });
    await visitor.button('Save changes').click();
    await visitor.wasShown('The endpoint was saved');
    const summary = page.getByText('Receives only events that match its filter');
    await summary.click();
    await page.getByText('"data.score"').waitFor();
    await expectAccessible();
    expect((await customer.endpoint(endpoint.id)) as object).toMatchObject({
      filter: { 'data.score': [{ '>=': 80 }] },
    });
  });

  it('show in the events and deliveries what they left out, and are removed by an empty field', async () => {
    const { page } = visitor;
    const id = await scored(10);
    await visitor.signIn(token, `/events/${id}`);
    await page.getByText('left out by the endpoint’s filter').waitFor();
    await expectAccessible();
    await page.getByText('left out by the endpoint’s filter').click();
    await page.getByRole('heading', { name: 'Nothing was sent' }).waitFor();
    await expectAccessible();
    await visitor.open('/events');
    await page.getByText('1 filtered').waitFor();
    await visitor.open('/deliveries?status=filtered');
    await page.getByText('not sent').waitFor();

    await visitor.open('/endpoints');
    await visitor.button('Edit').click();
    await visitor.dialog.getByLabel('Filter').fill('');
    await visitor.button('Save changes').click();
    await visitor.wasShown('The endpoint was saved');
    expect((await customer.endpoint(endpoint.id)) as object).toMatchObject({ filter: null });
  });
});
