import type { CanonicalEvent } from '@skillora/contracts';

import { OpenEvent, type Slice } from './open-event.js';
import { cut, type Outcome } from './unit-transaction.js';

const ANY_EVENT: CanonicalEvent = {
  id: '6f1c6a1e-52f5-5a4b-8b0e-0c2f5d7c3a10',
  organizationId: '7b0c1f2e-5d3a-4c8b-9e6f-0a1b2c3d4e5f',
  eventType: 'interview_completed',
  source: '/interviews',
  sourceId: '1',
  occurredAt: '2026-01-15T14:30:00.000Z',
  acceptedAt: '2026-01-15T14:30:00.000Z',
  body: '{}',
};
const NO_LIMITS = { outcomes: Infinity, bytes: Infinity };

const slice = (endpointIds: readonly string[], more: Partial<Slice> = {}): Slice => ({
  number: 0,
  madeAt: 0,
  endpointIds,
  filteredIds: [],
  isLast: true,
  ...more,
});

function openEvent(offset: bigint, ...slices: Slice[]): OpenEvent {
  const event = new OpenEvent(offset, ANY_EVENT, `entry ${offset}`, 0);
  for (const each of slices) event.add(each);
  return event;
}

const ended = (event: OpenEvent, endpointId: string, bytes = 1): Outcome<string> => ({
  kind: 'ended',
  event,
  endpointId,
  writes: [`result of ${endpointId}`],
  bytes,
});

describe('a transaction of a unit', () => {
  it('tells an event with the first end, and closes it with the last', () => {
    const event = openEvent(1n, slice(['a', 'b']));
    const first = cut([ended(event, 'a')], [], NO_LIMITS);
    expect(first?.told.map(({ slice: { endpointIds } }) => endpointIds)).toEqual([['a', 'b']]);
    expect(first?.closed).toEqual([]);

    event.told(1);
    event.ended('a');
    const last = cut([ended(event, 'b')], [], NO_LIMITS);
    expect(last?.told).toEqual([]);
    expect(last?.closed).toEqual([event]);
  });

  it('does not close an event of which a slice is not matched yet', () => {
    const event = openEvent(1n, slice(['a'], { isLast: false }));
    expect(cut([ended(event, 'a')], [], NO_LIMITS)?.closed).toEqual([]);
    event.add(slice([], { number: 1 }));
    expect(cut([ended(event, 'a')], [], NO_LIMITS)?.closed).toEqual([event]);
  });

  it('tells an event that is due though nothing of it has ended, and closes one without endpoints', () => {
    const [waiting, empty] = [openEvent(1n, slice(['a'])), openEvent(2n, slice([]))];
    const transaction = cut<string>([], [waiting, empty], NO_LIMITS);
    expect(transaction?.told.map(({ event }) => event)).toEqual([waiting, empty]);
    expect(transaction?.closed).toEqual([empty]);
  });

  it('holds the first outcomes that fit by number or size, and one that does not fit by itself', () => {
    const event = openEvent(1n, slice(['a', 'b', 'c']));
    const all = [ended(event, 'a', 600), ended(event, 'b', 600), ended(event, 'c', 600)];
    expect(cut(all, [], { outcomes: 2, bytes: 10_000 })?.outcomes).toEqual(all.slice(0, 2));
    // Beside the report of the event, which counts too.
    expect(cut(all, [], { outcomes: 10, bytes: 1_800 })?.outcomes).toEqual(all.slice(0, 2));
    expect(cut(all, [], { outcomes: 10, bytes: 100 })?.outcomes).toEqual(all.slice(0, 1));
  });

  it('leaves events that are due for the next one when it is full', () => {
    const wide = openEvent(1n, slice(Array.from({ length: 100 }, (_, index) => `endpoint ${index}`)));
    const behind = openEvent(2n, slice(['a']));
    const told = cut<string>([], [wide, behind], { outcomes: 10, bytes: 1_000 })?.told;
    expect(told?.map(({ event }) => event)).toEqual([wide]);
  });

  it('says nothing of an event while earlier ones that are due do not fit', () => {
    const [first, second, third] = [1n, 2n, 3n].map((offset) => openEvent(offset, slice(['a', 'b'])));
    const outcome = ended(third!, 'a');
    const one = cut([outcome], [first!, second!], { outcomes: 1, bytes: 10_000 });
    expect([one?.told.map(({ event }) => event), one?.outcomes]).toEqual([[first], []]);
    const all = cut([outcome], [first!, second!], NO_LIMITS);
    expect([all?.told.map(({ event }) => event), all?.outcomes]).toEqual([[first, second, third], [outcome]]);
  });

  it('counts what filters have left out, and events without deliveries', () => {
    const filtered = Array.from({ length: 100 }, (_, index) => `endpoint ${index}`);
    const due = [1n, 2n, 3n].map((offset) => openEvent(offset, slice([], { filteredIds: filtered })));
    expect(cut<string>([], due, { outcomes: 10, bytes: 30_000 })?.closed).toEqual(due.slice(0, 2));
  });

  it('is none where nothing waits', () => {
    expect(cut<string>([], [], NO_LIMITS)).toBeNull();
  });
});
