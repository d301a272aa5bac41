import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer } from '../testing/customer.js';
import { interviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { Browser, chromiumOfTests } from './chromium.js';
import { Visitor } from './visitor.js';

const executable = chromiumOfTests();
const inBrowser = executable === null ? describe.skip : describe;

inBrowser('the retry schedule of an endpoint', () => {
  const address = Customer.ofStack().address;
  const operator = new Operator(address);
  const producers = new ProducerService(address);
  let browser: Browser;
  let receiver: Receiver;
  let token: string;
  let customer: Customer;
  let visitor: Visitor;

  beforeAll(async () => {
    browser = await Browser.start(executable ?? '');
    receiver = await Receiver.start();
    ({ token } = await operator.token(await operator.organization('Schedules')));
    customer = new Customer(address, token);
    visitor = await Visitor.arrive(browser.context, address.api);
    await visitor.signIn(token, '/endpoints');
  });

  afterAll(async () => {
    const { complaints } = visitor;
    await visitor.leave();
    await browser.stop();
    await receiver.stop();
    expect(complaints).toEqual([]);
  });

  it('is chosen in the form, shown on the page, changed, and counted down', async () => {
    const { page } = visitor;
    await visitor
      .button(/Add (an|your first) endpoint/)
      .first()
      .click();
    const schedule = visitor.dialog.getByLabel('Retries');
    expect(await schedule.inputValue()).toBe('standard');
    await visitor.dialog.getByLabel('URL').fill(receiver.url);
    await schedule.selectOption('Extended');
    await visitor.dialog.getByText('for nearly three days').waitFor();
    for (const theme of ['light', 'dark'] as const) {
      await visitor.theme(theme);
      expect(await visitor.accessibilityFaults()).toEqual([]);
    }
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
