import { RebalanceDrain } from './rebalance-drain.js';

class Attempts {
  youngUnderWay = 1;
  isHeld = false;
  hold(): void {
    this.isHeld = true;
  }
  release(): void {
    this.isHeld = false;
  }
}

it('waits until the attempts that are to end soon have ended, and begins nothing meanwhile', async () => {
  const attempts = new Attempts();
  const drain = new RebalanceDrain();
  drain.drains(attempts);
  let hasEnded = false;
  const ended = drain.begins().then(() => (hasEnded = true));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect({ hasEnded, isHeld: attempts.isHeld }).toEqual({ hasEnded: false, isHeld: true });
  attempts.youngUnderWay = 0;
  await ended;
  expect(attempts.isHeld).toBe(true);
  drain.released();
  expect(attempts.isHeld).toBe(false);
});

it('waits no longer once it is known who owns what', async () => {
  const attempts = new Attempts();
  const drain = new RebalanceDrain();
  drain.drains(attempts);
  const ended = drain.begins();
  drain.released();
  await ended;
  expect(attempts.isHeld).toBe(false);
});
