import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { partitionWidthMs } from '../projection/partition-range.js';
import { BEGINNING, iso, LogBuilder } from '../projection/testing/log-builder.js';
import { RecoveryStage } from './testing/recovery-stage.js';

let shared: RecoveryStage;
let stage: RecoveryStage;

beforeAll(async () => (shared = await RecoveryStage.open()));

beforeEach(async () => (stage = await shared.anew()));

afterAll(() => shared.close());

describe('what a recovery counts', () => {
  it('is each kind of what it can recover, from a time on and before another', async () => {
    const endpoint = await stage.endpoint();
    const made = await stage.happened(endpoint, [
      'failed',
      null,
      'success',
      'failed',
      null,
      'success',
      'failed',
    ]);
    const count = async (body: object): Promise<number> => {
      const recovery = await stage.begin(endpoint, { dry_run: true, ...body });
      const ended = await stage.finish(recovery);
      expect(ended).toMatchObject({ status: 'done', sent: 0, available_from: null });
      return ended.expected;
    };
    const within = { since: made[1]!.acceptedAt, until: made[6]!.acceptedAt };
    expect(await count({ what: 'failed' })).toBe(3);
    expect(await count({ what: 'failed', ...within })).toBe(1);
    expect(await count({ what: 'missed', ...within })).toBe(2);
    expect(await count({ what: 'undelivered', ...within })).toBe(3);
    expect(await count({ what: 'all', ...within })).toBe(5);
    expect(await count({ what: 'all', event_types: ['mock_interview_completed'] })).toBe(0);
    const items = await stage.instances[0].query(
      'SELECT 1 FROM recovery_items WHERE event_id = ANY($1::uuid[])',
      [made.map(({ eventId }) => eventId)],
    );
    expect(items).toEqual([]);
  });

  it('is what was accepted on either side of the edge of a partition of the audit, to the millisecond', async () => {
    const endpoint = await stage.endpoint();
    const width = partitionWidthMs(90);
    const edge = (Math.floor(BEGINNING / width) + 1) * width;
    const log = new LogBuilder();
    for (const accepted of [edge - 1, edge, edge + 1]) {
      // An event is accepted so long after the time at which a log is told to go on.
      log.startAt(accepted - 37);
      const event = log.event(randomUUID(), stage.organization);
      expect(event.acceptedAt).toBe(iso(accepted));
      const delivery = log.delivery(event, endpoint);
      log.fanOut(event, [delivery]);
      log.result(delivery, { status: 'failed' });
    }
    await stage.instances[0].happened(log);
    await stage.instances[0].applied();
    for (const what of ['failed', 'all']) {
      const count = async (range: object): Promise<number> =>
        (await stage.finish(await stage.begin(endpoint, { what, dry_run: true, ...range }))).expected;
      expect(await count({ since: iso(edge) })).toBe(2);
      expect(await count({ until: iso(edge) })).toBe(1);
      expect(await count({ since: iso(edge - 1), until: iso(edge + 1) })).toBe(2);
    }
  });

  it('is nothing from before the endpoint, unless it is asked for', async () => {
    const endpoint = await stage.endpoint();
    const made = await stage.happened(endpoint, [null, null, null]);
    await stage.instances[0].query('UPDATE endpoints SET created_at = $2 WHERE id = $1', [
      endpoint,
      made[1]!.acceptedAt,
    ]);
    const ended = await stage.finish(await stage.begin(endpoint, { what: 'missed', dry_run: true }));
    expect(ended.expected).toBe(2);
    const more = { what: 'missed', dry_run: true, include_before_creation: true };
    expect((await stage.finish(await stage.begin(endpoint, more))).expected).toBe(3);
  });

  it('may begin in the first year of the calendar', async () => {
    const endpoint = await stage.endpoint();
    await stage.happened(endpoint, ['failed', null]);
    const since = '0001-01-01T00:00:00Z';
    const recovery = await stage.begin(endpoint, { what: 'undelivered', dry_run: true, since });
    expect(await stage.finish(recovery)).toMatchObject({
      since: '0001-01-01T00:00:00.000Z',
      status: 'done',
      expected: 2,
    });
  });

  it('is none of the newest events before the fan-out has passed them', async () => {
    const endpoint = await stage.endpoint();
    const log = new LogBuilder(Date.now() - 6 * 3_600_000 - 60_000);
    const event = log.event(randomUUID(), stage.organization);
    await stage.instances[0].happened(log);
    const recovery = await stage.begin(endpoint, { what: 'missed' });
    await stage.shows(recovery, { status: 'counting', waits_for: 'fan_out', expected: 0 });

    const later = new LogBuilder(Date.now());
    later.fanOut(event, [later.delivery(event, endpoint)]);
    await stage.instances[0].happened(later);
    await stage.shows(recovery, { status: 'done', waits_for: null, expected: 0 });
  });

  it('begins where the audit begins, and the answer says so', async () => {
    const endpoint = await stage.endpoint();
    const gone = iso(BEGINNING);
    await stage.instances[0].query('UPDATE retention SET dropped_before = $1', [gone]);
    const body = { what: 'failed', dry_run: true };
    const recovery = await stage.begin(endpoint, { ...body, since: iso(BEGINNING - 1) });
    expect(recovery.available_from).toBe(gone);
    expect((await stage.begin(endpoint, { ...body, since: gone })).available_from).toBeNull();
    await stage.instances[0].query('UPDATE retention SET dropped_before = NULL', []);
  });
});
