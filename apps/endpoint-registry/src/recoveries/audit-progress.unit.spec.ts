import type { Position } from '../events/event-log-end.js';
import type { ProjectedEvents } from '../events/projected-events.js';
import { AuditProgress } from './audit-progress.js';

const MINUTE = 60_000;

/** A log that grows by a record with each question for its end, and how far the audit has read it. */
class Log {
  end = 100n;
  read = 0n;
  asked = 0;

  endOf(): Promise<Position> {
    this.asked += 1;
    return Promise.resolve({ partition: 0, offset: (this.end += 1n) });
  }

  hasRead({ offset }: Position): Promise<boolean> {
    return Promise.resolve(this.read >= offset);
  }
}

const recovery = (id: string) => ({ id, organizationId: 'o' });

describe('the audit of a recovery', () => {
  let log: Log;
  let progress: AuditProgress;

  beforeEach(() => {
    log = new Log();
    progress = new AuditProgress(log as unknown as ProjectedEvents);
  });

  it('has caught up when it has what was accepted before the first question, however long that takes', async () => {
    for (let minute = 0; minute < 60; minute += 1) {
      expect(await progress.hasCaughtUp(recovery('a'), minute * MINUTE)).toBe(false);
    }
    log.read = 101n;
    expect(await progress.hasCaughtUp(recovery('a'), 60 * MINUTE)).toBe(true);
    expect(log.asked).toBe(1);
  });

  it('forgets a recovery that nobody asks about any more: it was cancelled, or another instance counts', async () => {
    await progress.hasCaughtUp(recovery('a'), 0);
    await progress.hasCaughtUp(recovery('b'), 0);
    await progress.hasCaughtUp(recovery('b'), 6 * MINUTE);
    await progress.hasCaughtUp(recovery('b'), 11 * MINUTE);
    expect(log.asked).toBe(2);
    log.read = 101n;
    // With the forgotten position it would have caught up.
    expect(await progress.hasCaughtUp(recovery('a'), 11 * MINUTE)).toBe(false);
    expect(log.asked).toBe(3);
  });
});
