import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer } from '../testing/customer.js';
import { interviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { inBrowser, visitEachTest } from './in-browser.js';
import type { Visitor } from './visitor.js';

inBrowser('recoveries on the page of an endpoint', () => {
  const customer = Customer.ofStack();
  const { address } = customer;
  let visitor: Visitor;
  let receiver: Receiver;
  let id: string;
  let token: string;

  visitEachTest(address.api, (each) => (visitor = each));

  beforeAll(async () => {
    receiver = await Receiver.start();
    ({ id } = await customer.register(receiver.url, { description: 'To be recovered' }));
    token = (await new Operator(address).token(address.organizationId, { scopes: 'all' })).token;
  });

  afterAll(async () => {
    await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
    await receiver.stop();
  });

  const cards = () => visitor.page.getByRole('list', { name: 'Recoveries' }).getByRole('listitem');
  const setActive = (is_active: boolean) =>
    customer.call('PATCH', `/api/v1/webhook-endpoints/${id}/`, { is_active });

  it('are begun, watched while they wait and go on, and cancelled', async () => {
    const { page } = visitor;
    await setActive(false);
    // Over HTTP, so that it is accepted before the recovery begins.
    expect((await new ProducerService(address).post(interviewCompleted())).status).toBe(202);
    await visitor.signIn(token, `/endpoints/${id}`);
    await visitor.button('Recover deliveries').click();
    await page.getByLabel('What to send').selectOption('missed');
    expect(await visitor.accessibilityFaults()).toEqual([]);
    await page.getByLabel('Deliveries a second').fill('5000');
    await visitor.button('Start recovery').click();
    await page.getByText('Must be a whole number from 1 to 1000, or null.').waitFor();
    await page.getByLabel('Deliveries a second').fill('');
    await visitor.button('Start recovery').click();

    const first = cards().first();
    await first.getByText('It waits until the endpoint is active.').waitFor();
    expect(await visitor.accessibilityFaults()).toEqual([]);
    await setActive(true);
    await first.getByText('done', { exact: true }).waitFor();
    await first.getByText(/^1 of 1 sent, 1 succeeded$/).waitFor();
    await waitFor(() => Promise.resolve(receiver.arrivals.length === 1), 'the event that was missed');

    await setActive(false);
    await visitor.button('Recover deliveries').click();
    await page.getByLabel('What to send').selectOption('all');
    await visitor.button('Start recovery').click();
    await cards().nth(1).waitFor();
    await visitor.button('Cancel recovery').click();
    await first.getByText('Somebody cancelled it.').waitFor();
    await page.getByText('Recovery cancelled').first().waitFor();
    expect(receiver.arrivals).toHaveLength(1);
  });
});
