import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Operator, RunningStack } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer, type Delivery } from '../testing/customer.js';
import { interviewCompleted, mockInterviewCompleted, ProducerService } from '../testing/producer-service.js';
import { Receiver } from '../testing/receiver.js';
import { Browser, findChromium } from './chromium.js';
import { Visitor } from './visitor.js';

/*
 * npm run screenshots: creates the images in docs/images, which takes about five minutes. They show a
 * separate system with three endpoints; one of them fails.
 */

const IMAGES = fileURLToPath(new URL('../../../../../docs/images', import.meta.url));

const executable = findChromium();
if (executable === null) throw new Error('there is no Chromium: name one in CHROMIUM_PATH');
await mkdir(IMAGES, { recursive: true });

const stack = await RunningStack.start({
  RETRY_DELAYS: '2s,4m,20m',
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
});
const browser = await Browser.start(executable);
const receivers = [await Receiver.start(), await Receiver.start()] as const;
try {
  const delivery = await fill();
  await takePictures(delivery);
} finally {
  await browser.stop();
  for (const receiver of receivers) await receiver.stop();
  await stack.stop();
}

/** What the guide shows of an interview. */
function interview(): Record<string, unknown> {
  const [id, job] = [randomUUID(), randomUUID()];
  return {
    interview_id: id,
    interview_results_url: `https://skillora.ai/jobs/${job}/${id}`,
    candidate_id: randomUUID(),
    job_id: job,
    score: 85,
    status: 'completed',
    hiring_recommendation: 'recommended',
    completed_at: new Date().toISOString().slice(0, 19) + 'Z',
  };
}

/** The overview shows one bar for each minute, so an image needs some minutes of data. */
function nextMinute(): Promise<void> {
  return delay(60_000 - (Date.now() % 60_000));
}

/** @returns a delivery that waits for its next attempt. */
async function fill(): Promise<Delivery> {
  const began = new Date();
  const customer = new Customer(stack.address);
  const producers = new ProducerService(stack.address);
  const [healthy, failing] = receivers;
  healthy.always({ status: 200, body: '{"received":true}' });
  const at = (receiver: Receiver, path: string) => receiver.url.replace('/hook', path);
  const production = await customer.register(at(healthy, '/webhooks/skillora'), {
    description: 'Production',
  });
  await customer.register(at(healthy, '/staging'), { description: 'Staging', is_active: false });
  const broken = await customer.register(at(failing, '/ats/interviews'), {
    description: 'Applicant tracking',
    events: ['interview_completed'],
  });
  failing.always({ status: 410, body: '{"error":"This integration was removed."}' });
  const publish = async (count: number) => {
    const events = Array.from({ length: count }, (_, index) =>
      index % 3 === 2 ? mockInterviewCompleted() : interviewCompleted({ data: interview() }),
    );
    await producers.post(events, 'application/cloudevents-batch+json');
  };
  for (const count of [12, 30, 21, 27]) {
    await publish(count);
    await waitFor(() => customer.deliveryTo(broken.id, 'failed'), 'a failed delivery');
    // The answer 410 disables it.
    await waitFor(async () => !(await customer.endpoint(broken.id)).is_active, 'the endpoint to be disabled');
    await customer.call('PATCH', `/api/v1/webhook-endpoints/${broken.id}/`, { is_active: true });
    await nextMinute();
  }
  failing.always({ status: 503, body: '{"error":"Down for maintenance until 14:00."}' });
  await publish(6);
  await waitFor(async () => {
    const waiting = await customer.deliveryTo(broken.id, 'retrying');
    return waiting !== undefined && waiting.attempt_count === 2;
  }, 'a second attempt');
  failing.always({ status: 200, body: 'ok' });
  await change(customer, broken.id);
  await publish(9);
  await waitFor(() => customer.deliveryTo(production.id, 'success'), 'deliveries');
  await recover(customer, broken.id, began);
  return waitFor(() => customer.deliveryTo(broken.id, 'retrying'), 'a delivery that waits');
}

/** Begins a recovery of what failed, so slow that it runs while the pictures are taken. */
async function recover(customer: Customer, endpointId: string, since: Date): Promise<void> {
  const body = { since: since.toISOString(), what: 'failed', rate: 1 };
  const path = `/api/v1/webhook-endpoints/${endpointId}/recoveries/`;
  const { id } = (await customer.call<{ id: string }>('POST', path, body)).body;
  await waitFor(
    async () => (await customer.call<{ succeeded: number }>('GET', `${path}${id}/`)).body.succeeded > 0,
    'a delivery that was recovered',
  );
}

/** What the log of changes shows: a token of the customer's backend, and the operator. */
async function change({ address }: Customer, endpointId: string): Promise<void> {
  const operator = new Operator(address);
  const made = await operator.admin(
    ...['tokens', 'create', '--organization', address.organizationId, '--name', 'HR backend'],
    ...['--scopes', 'endpoints:read,endpoints:write', '--json'],
  );
  const backend = new Customer(address, (JSON.parse(made) as { token: string }).token);
  const path = `/api/v1/webhook-endpoints/${endpointId}/`;
  const { url } = await backend.endpoint(endpointId);
  await backend.call('POST', `${path}regenerate_secret/`);
  await operator.admin('endpoints', 'pause', endpointId);
  await operator.admin('endpoints', 'resume', endpointId);
  await backend.call('PATCH', path, {
    url: url.replace('/ats/interviews', '/ats/v2/interviews'),
    description: 'Applicant tracking, second version',
  });
}

async function takePictures({ id, event_id, endpoint_id }: Delivery): Promise<void> {
  const visitor = await Visitor.arrive(browser.context, stack.address.api);
  const { page } = visitor;
  await page.setViewportSize({ width: 1200, height: 820 });
  for (const theme of ['light', 'dark'] as const) {
    await visitor.theme(theme);
    await visitor.open('/');
    await visitor.heading('Webhook dashboard').waitFor();
    await page.screenshot({ path: `${IMAGES}/sign-in-${theme}.png` });
  }
  await visitor.signIn(stack.address.token);
  const places: [name: string, path: string, sign: string][] = [
    ['overview', '/', '.ranking-row'],
    ['endpoints', '/endpoints', 'article .health'],
    ['endpoint', `/endpoints/${endpoint_id}`, '.change-row'],
    ['recovery', `/endpoints/${endpoint_id}`, '.recovery'],
    ['changes', '/changes', '.change-row'],
    ['deliveries', '/deliveries', '.delivery-row'],
    ['delivery', `/deliveries/${id}`, '.wire'],
    ['events', '/events', '.event-row'],
    ['event', `/events/${event_id}`, '.delivery-row'],
  ];
  for (const theme of ['light', 'dark'] as const) {
    await visitor.theme(theme);
    for (const [name, path, sign] of places) {
      await page.setViewportSize({ width: 1200, height: 820 });
      await visitor.open(path);
      await page.locator(sign).first().waitFor();
      await page.getByText('…', { exact: true }).first().waitFor({ state: 'detached' });
      if (name === 'changes') {
        await page.locator('.change-row').filter({ hasText: 'URL' }).first().click();
        await page.locator('.difference').waitFor();
        // The pointer marks the row under it.
        await page.mouse.move(0, 0);
      }
      if (name === 'recovery') {
        await page.getByRole('region', { name: 'Recoveries' }).scrollIntoViewIfNeeded();
      }
      if (name === 'overview') await page.locator('canvas').nth(1).waitFor();
      await page.screenshot({ path: `${IMAGES}/${name}-${theme}.png` });
    }
    await page.setViewportSize({ width: 360, height: 720 });
    await visitor.open('/endpoints');
    await page.locator('article .health').first().waitFor();
    await page.screenshot({ path: `${IMAGES}/phone-${theme}.png` });
  }
}
