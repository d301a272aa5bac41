import type { CanonicalEvent } from '@skillora/contracts';
import { OffsetWindow } from '@skillora/kafka';

import { OpenEvent } from './open-event.js';
import { recordOf } from './unit-record.js';
import { cut, type Outcome } from './unit-transaction.js';

const EVENT = { organizationId: 'o', id: 'e', body: '{}' } as CanonicalEvent;
const LIMITS = { outcomes: 10, bytes: 10_000 };

function matched(offset: bigint, ...endpointIds: string[]): OpenEvent {
  const event = new OpenEvent(offset, EVENT, `entry ${offset}`, 7);
  event.add({ number: 0, madeAt: 5, endpointIds, filteredIds: ['filtering'], isLast: true });
  return event;
}
const ended = (event: OpenEvent, endpointId: string): Outcome<never> => ({
  kind: 'ended',
  event,
  endpointId,
  writes: [],
  bytes: 1,
});

describe('the ledger record of a transaction', () => {
  it('holds of an event that closes with it the entry, and nothing else', () => {
    const event = matched(1n, 'a');
    const record = recordOf(cut([ended(event, 'a')], [], LIMITS)!, 'me', 1, new Map());
    expect(record).toMatchObject({ entries: [{ entry: 'entry 1', digest: 7 }], told: [], ended: [] });
  });

  it('holds of an event that stays open whom it was told to and what has ended, and no entry', () => {
    const event = matched(1n, 'a', 'b');
    const record = recordOf(cut([ended(event, 'a')], [], LIMITS)!, 'me', 1, new Map());
    expect(record).toMatchObject({
      entries: [],
      told: [{ offset: 1n, number: 0, madeAt: 5, isLast: true, endpointIds: ['a', 'b'] }],
      ended: [{ offset: 1n, endpointId: 'a' }],
    });
  });

  it('says where to read on, also when that is more than a commit of the group could hold', () => {
    const window = new OffsetWindow({ offset: 0n, metadata: '' });
    for (let offset = 0n; offset < 4_000n; offset += 1n) window.take(offset);
    for (let offset = 1n; offset < 4_000n; offset += 2n) window.done(offset);
    const positions = new Map([['events', window.commit()]]);
    const event = matched(1n, 'a');
    const record = recordOf(cut([ended(event, 'a')], [], LIMITS)!, 'me', 1, positions);
    const commit = record.positions.get('events')!;
    expect(commit.metadata.length).toBeGreaterThan(4_096);
    const restored = new OffsetWindow(commit);
    expect([restored.take(0n), restored.take(1n), restored.take(2n), restored.take(3n)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
