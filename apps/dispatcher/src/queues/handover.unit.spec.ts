import { Handover } from './handover.js';

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
  const handover = new Handover();
  handover.holds(attempts);
  let hasEnded = false;
  const ended = handover.begins().then(() => (hasEnded = true));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect({ hasEnded, isHeld: attempts.isHeld }).toEqual({ hasEnded: false, isHeld: true });
  attempts.youngUnderWay = 0;
  await ended;
  expect(attempts.isHeld).toBe(true);
  handover.released();
  expect(attempts.isHeld).toBe(false);
});

it('waits no longer once it is known who owns what', async () => {
  const attempts = new Attempts();
  const handover = new Handover();
  handover.holds(attempts);
  const ended = handover.begins();
  handover.released();
  await ended;
  expect(attempts.isHeld).toBe(false);
});
