import { anyEvent } from '../testing/any-event.js';
import { OpenEvent } from './open-event.js';
import { ReportsApart } from './reports-apart.js';
import { cut, type Outcome, UNIT_LIMITS, type UnitTransaction } from './unit-transaction.js';

/** An event that must be told. */
function untold(offset: bigint): OpenEvent {
  const event = new OpenEvent(offset, anyEvent({ organizationId: 'o' }), String(offset), 7);
  const endpointIds = [`endpoint of ${offset}`];
  event.add({ number: 0, madeAt: 0, endpointIds, filteredIds: [], isLast: true });
  return event;
}

const endOf = (event: OpenEvent): Outcome<string> => ({
  ...{ kind: 'ended', event, endpointId: `endpoint of ${event.offset}`, writes: ['result'], bytes: 1 },
});

/** What the next transactions would be. */
function writing(pending: readonly Outcome<string>[], due: readonly OpenEvent[]) {
  const apart = new ReportsApart();
  return {
    apart,
    next: () => apart.next(pending, due, (some, events) => cut(some, events, UNIT_LIMITS)),
  };
}

/** What is in a transaction: the offsets of the outcomes, and of the events that it tells. */
function contents(transaction: UnitTransaction<string> | null) {
  const ended = transaction?.outcomes.flatMap((each) => (each.kind === 'ended' ? [each.event.offset] : []));
  return { ended, told: transaction?.told.map(({ event }) => event.offset) };
}

function refused({ apart, next }: ReturnType<typeof writing>) {
  const transaction = next();
  return transaction && apart.refused(transaction);
}

describe('reports of events', () => {
  it('are written with the ends of their deliveries, and apart from them once Kafka has refused both together', () => {
    const events = [untold(1n), untold(2n)];
    const unit = writing(events.map(endOf), []);
    expect(contents(unit.next())).toEqual({ ended: [1n, 2n], told: [1n, 2n] });
    expect(refused(unit)).toBeNull();
    expect(contents(unit.next())).toEqual({ ended: [], told: [1n, 2n] });
  });

  it('are fewer and fewer together, until it shows which one is refused', () => {
    const unit = writing([], [untold(1n), untold(2n), untold(3n)]);
    expect(refused(unit)).toBeNull();
    expect(contents(unit.next())).toEqual({ ended: [], told: [1n] });
    expect(refused(unit)).toMatchObject({ event: { offset: 1n } });
  });

  it('that were refused come behind others, and outcomes have their turn in between', () => {
    const [first, second, third] = [untold(1n), untold(2n), untold(3n)];
    second.told(1);
    const unit = writing([endOf(first), endOf(second)], [third]);
    expect([refused(unit), refused(unit)]).toEqual([null, null]);
    expect(contents(unit.next())).toEqual({ ended: [2n], told: [] });
    expect(refused(unit)).toBe('outcomes');
    first.reportRefused((report) => ({ ...report, refusals: 1 }));
    expect(contents(unit.next())).toEqual({ ended: [], told: [3n] });
  });

  it('are written with outcomes again once all outcomes that could be were written', () => {
    const [first, second] = [untold(1n), untold(2n)];
    const unit = writing([endOf(first)], [second]);
    refused(unit);
    for (const event of [first, second]) event.told(1);
    const transaction = unit.next();
    expect(contents(transaction)).toEqual({ ended: [1n], told: [] });
    if (transaction) unit.apart.written(transaction, () => false);
    const more = untold(3n);
    const together = unit.apart.next([endOf(more)], [], (some, events) => cut(some, events, UNIT_LIMITS));
    expect(contents(together)).toEqual({ ended: [3n], told: [3n] });
  });
});
