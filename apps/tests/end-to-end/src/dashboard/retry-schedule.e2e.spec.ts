import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer } from '../testing/customer.js';
import { interviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { inBrowser, visitEachTest } from './in-browser.js';
import type { Visitor } from './visitor.js';

inBrowser('the retry schedule of an endpoint', () => {
  const address = Customer.ofStack().address;
  const operator = new Operator(address);
  const producers = new ProducerService(address);
  let receiver: Receiver;
  let token: string;
  let customer: Customer;
  let visitor: Visitor;

  visitEachTest(address.api, (each) => (visitor = each));

  beforeAll(async () => {
    receiver = await Receiver.start();
    ({ token } = await operator.token(await operator.organization('Schedules')));
    customer = new Customer(address, token);
  });

  afterAll(() => receiver.stop());

  it('is chosen in the form, shown on the page, changed, and counted down', async () => {
    const { page } = visitor;
    await visitor.signIn(token, '/endpoints');
    await visitor
      .button(/Add (an|your first) endpoint/)
      .first()
      .click();
    const schedule = visitor.dialog.getByLabel('Retries');
    expect(await schedule.inputValue()).toBe('standard');
    await visitor.dialog.getByLabel('URL').fill(receiver.url);
    await schedule.selectOption('Extended');
    await visitor.dialog.getByText('for nearly three days').waitFor();
    expect(await visitor.accessibilityFaultsInBothThemes()).toEqual([]);
    await visitor.button('Create endpoint').click();
    const [endpoint] = await waitFor(async () => {
      const made = await customer.endpoints();
      return made.length === 1 && made;
    }, 'the endpoint');
    expect(endpoint).toMatchObject({ retry_schedule: 'extended' });

    await visitor.open(`/endpoints/${endpoint!.id}`);
    await page.locator('.endpoint-health').getByText('Extended', { exact: true }).waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    expect([await visitor.scrollsSideways(), await visitor.accessibilityFaults()]).toEqual([false, []]);
    await page.setViewportSize({ width: 1_280, height: 800 });

    receiver.always({ status: 503, headers: { 'retry-after': '3600' } });
    await producers.post(interviewCompleted(), undefined, token);
    const waiting = await waitFor(() => customer.deliveryTo(endpoint!.id, 'retrying'), 'a failure');

    await visitor.button('Edit').click();
    await visitor.dialog.getByLabel('Retries').selectOption('None');
    await visitor.dialog.getByText('is not tried again, unless').waitFor();
    await visitor.button('Save changes').click();
    await page.locator('.endpoint-health').getByText('None', { exact: true }).waitFor();
    expect(await customer.endpoint(endpoint!.id)).toMatchObject({ retry_schedule: 'none' });
    await page.getByText('Retries').last().waitFor();

    await visitor.open(`/deliveries/${waiting.id}`);
    const timer = page.getByRole('timer').first();
    expect(await timer.getAttribute('datetime')).toBe(waiting.next_retry_at);
    expect(await timer.textContent()).toMatch(/^(59|[1-5]?\d|1:00):\d\d$/);
  });
});
