import { ConfirmedHeartbeat } from './confirmed-heartbeat.js';

function at(now: number) {
  const time = { wall: now, monotonic: now };
  const heartbeat = new ConfirmedHeartbeat({ wall: () => time.wall, monotonic: () => time.monotonic });
  return { time, heartbeat };
}

describe('the confirmed heartbeat', () => {
  it('counts from when it was sent, and a refused one does not count', () => {
    const { time, heartbeat } = at(1_000);
    expect(heartbeat.ageMs).toBe(Infinity);
    heartbeat.answered(300);
    heartbeat.confirmed();
    expect(heartbeat.ageMs).toBe(300);
    time.wall = time.monotonic = 2_000;
    heartbeat.answered(100);
    expect(heartbeat.ageMs).toBe(1_300);
  });

  it('is as old as the clock says that did not stand still, or was not set back', () => {
    const { time, heartbeat } = at(1_000);
    heartbeat.answered(0);
    heartbeat.confirmed();
    time.wall = 61_000;
    expect(heartbeat.ageMs).toBe(60_000);
    time.wall = 0;
    time.monotonic = 5_000;
    expect(heartbeat.ageMs).toBe(4_000);
  });

  it('is awaited until one is confirmed that was sent after the question', async () => {
    const { time, heartbeat } = at(1_000);
    let isOver = false;
    const next = heartbeat.next().then(() => (isOver = true));
    time.monotonic = 1_200;
    // This one was under way when the question came.
    heartbeat.answered(300);
    heartbeat.confirmed();
    await Promise.resolve();
    expect(isOver).toBe(false);
    time.monotonic = 1_700;
    heartbeat.answered(100);
    heartbeat.confirmed();
    await next;
    expect(isOver).toBe(true);
  });
});
