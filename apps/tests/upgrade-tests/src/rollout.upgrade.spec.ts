import { mayRepeat } from '@skillora/running-stack';
import { untilItHolds } from '@skillora/testing';

import type { Customer } from './customer.js';
import { formerRelease } from './former-release.js';
import type { ServiceCopy } from './installation.js';
import { PRESENT } from './release.js';
import { FAILING, HANGING, HEALTHY, LATER, pagedOver, Scene } from './scene.js';

const former = await formerRelease((line) => process.stdout.write(`${line}\n`));
if (typeof former === 'string') process.stdout.write(`not tested here: ${former}\n`);
const there = typeof former === 'string' ? null : former;

/** One is killed, two end as operators end them. */
const DISPATCHERS_ENDED = 3;
/** The way of dispatchers before one hop became the default. An installation may still have it when the upgrade begins. */
const TWO_HOPS = { ONE_HOP: 'false' };

/**
 * The steps of an upgrade in the order of docs/operations.md, under load; each begins where the one before
 * ended.
 */
(there ? describe : describe.skip)('an upgrade from the former release under load', () => {
  const FORMER = there ?? PRESENT;
  let scene: Scene;
  const copies: Record<string, ServiceCopy> = {};
  let [before, after]: Customer[] = [];
  let alreadyTaken = '';

  beforeAll(async () => {
    scene = await Scene.set();
  });
  afterAll(() => scene.clear());

  it('begins on a database and topics that the former release made, with deliveries done, waiting and under way', async () => {
    copies['old registry'] = await scene.installation.start(FORMER, 'endpoint-registry');
    copies['old ingest'] = await scene.installation.start(FORMER, 'event-ingest');
    copies['old dispatcher'] = await scene.installation.start(FORMER, 'dispatcher', TWO_HOPS);
    before = scene.customer(copies['old registry'].url);
    await scene.measure(before.api);
    await scene.receivers.behave({ kind: 'answer', status: 500 }, [FAILING]);
    await scene.receivers.behave({ kind: 'hang' }, [HANGING]);
    for (const receiver of [HEALTHY, FAILING, HANGING]) await scene.register(before, receiver);
    await scene.beginLoad();
    alreadyTaken = await scene.delivers();
    await scene.takes(copies['old ingest']);
    const retrying = scene.endpoints[FAILING]?.id ?? '';
    await untilItHolds(
      'a delivery that waits for its retry',
      async () => !(await before!.audit.none(retrying, 'retrying')),
    );
    await untilItHolds('an attempt that hangs', async () => (await scene.arrivalsAt(HANGING)).length > 0);
  });

  it('migrates schema and topics beside the former services, which go on', async () => {
    expect(await scene.installation.migrate(PRESENT)).toMatch(/^[A-Za-z]+\d{13}$/);
    await scene.delivers();
    expect(await before!.test(scene.endpoints[HEALTHY]?.id ?? '')).toBe('success');
  });

  it('has both endpoint-registries serve side by side: what one changes the other knows, and pages go on at either', async () => {
    copies['new registry'] = await scene.installation.start(PRESENT, 'endpoint-registry');
    after = scene.customer(copies['new registry'].url);
    const id = await scene.register(after, LATER[0]);
    await scene.delivers(LATER[0]);
    const path = `/api/v1/webhook-endpoints/${id}/`;
    await before!.call('PATCH', path, { description: 'changed at the former release' });
    expect(await after.call('GET', path)).toMatchObject({ description: 'changed at the former release' });
    const alternating = await pagedOver(
      [before!, after],
      '/api/v1/webhook-deliveries/?page_size=20&created_before=' + new Date().toISOString(),
    );
    expect(new Set(alternating).size).toBe(alternating.length);
    expect(alternating.length).toBeGreaterThan(40);
  });

  it('lets the present endpoint-registry work with the former dispatcher alone', async () => {
    await copies['old registry']?.stop();
    await scene.delivers();
    expect(await after!.test(scene.endpoints[HEALTHY]?.id ?? '')).toBe('success');
    await retryByHand(after!);
  });

  it('exchanges event-ingest, and an event the former one took is still known', async () => {
    copies['new ingest'] = await scene.installation.start(PRESENT, 'event-ingest');
    await copies['old ingest']?.stop();
    await scene.delivers();
    await scene.takes(copies['new ingest'], alreadyTaken);
    await scene.delivers();
  });

  it('lets dispatchers of both releases share the work, and takes the events over from a former one with two hops that is killed', async () => {
    copies['new dispatcher'] = await scene.installation.start(PRESENT, 'dispatcher');
    for (let turn = 0; turn < 3; turn += 1) await scene.delivers();
    // A former one that a busy machine keeps from its heartbeats comes back, and takes them over.
    await untilItHolds('a delivery in two hops beside the new dispatcher', async () => {
      return (await scene.hopsOf(await scene.delivers())) === 2;
    });
    await copies['old dispatcher']?.kill();
    await untilItHolds('a delivery from the log of events', async () => {
      return (await scene.hopsOf(await scene.delivers())) === 1;
    });
    // Once their servers answer, deliveries that wait for a retry are soon gone.
    await retryByHand(after!);
    await scene.receivers.behave({ kind: 'answer', status: 200 }, [FAILING, HANGING]);
  });

  it('can go back, in the reverse order: to a former dispatcher with one hop, and then to the former endpoint-registry', async () => {
    copies['old dispatcher'] = await scene.installation.start(FORMER, 'dispatcher');
    for (let turn = 0; turn < 3; turn += 1) await scene.delivers();
    await copies['new dispatcher']?.stop();
    expect(await scene.hopsOf(await scene.delivers())).toBe(1);
    copies['old registry'] = await scene.installation.start(FORMER, 'endpoint-registry');
    await copies['new registry']?.stop();
    before = scene.customer(copies['old registry'].url);
    await scene.register(before, LATER[1]);
    await scene.delivers(LATER[1]);
    expect(await before.test(scene.endpoints[HEALTHY]?.id ?? '')).toBe('success');
  });

  it('and forward once more', async () => {
    copies['new registry'] = await scene.installation.start(PRESENT, 'endpoint-registry');
    await copies['old registry']?.stop();
    copies['new dispatcher'] = await scene.installation.start(PRESENT, 'dispatcher');
    await copies['old dispatcher']?.stop();
    after = scene.customer(copies['new registry'].url);
    expect(await scene.hopsOf(await scene.delivers(LATER[1]), LATER[1])).toBe(1);
  });

  it('loses nothing, repeats less than 1 %, and the audit agrees', async () => {
    await scene.load.stop();
    const found = await scene.findings(after!);
    process.stdout.write(`${scene.load.accepted.size} events accepted: ${JSON.stringify(found)}\n`);
    expect(found).toMatchObject({ missing: [], unsuccessful: [], invented: [], doubleResults: [] });
    expect(found.repeated + found.repeatedWhereItHung).toBeLessThan(
      mayRepeat(found.attempts, DISPATCHERS_ENDED),
    );
    const again = (await scene.arrivalsAt(HEALTHY)).filter(({ mark }) => mark === alreadyTaken);
    expect(again).toHaveLength(1);
  });

  it('leaves nothing that the reconciliation would miss', async () => {
    expect(await scene.reconciliation(after!)).toMatchObject({
      events_not_fanned_out: 0,
      events_missing: 0,
      deliveries_missing: 0,
    });
  });

  async function retryByHand(customer: Customer): Promise<void> {
    const waiting = await customer.audit.deliveries(scene.endpoints[FAILING]?.id ?? '', 'retrying');
    // Neither of the newest, whose event the audit may not have yet, nor of the oldest, whose turn may come
    // meanwhile.
    const delivery = waiting[Math.floor(waiting.length / 2)];
    expect(delivery).toBeDefined();
    await customer.retry(delivery!.id);
    await untilItHolds('the attempt asked for by hand', async () => {
      const { attempts } = await customer.call<{ attempts: { trigger: string }[] }>(
        'GET',
        `/api/v1/webhook-deliveries/${delivery!.id}/`,
      );
      return attempts.some(({ trigger }) => trigger === 'manual');
    });
  }
});
