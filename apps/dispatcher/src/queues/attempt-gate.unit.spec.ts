import { AttemptGate } from './attempt-gate.js';

describe('the gate of attempts', () => {
  it('is open unless it follows something', () => {
    expect(new AttemptGate().untilOpen()).toBeNull();
  });

  it('holds an attempt until what it follows is true again', async () => {
    const gate = new AttemptGate();
    let isMember = false;
    gate.follows(() => isMember);
    let hasBegun = false;
    const begun = gate.untilOpen()?.then(() => (hasBegun = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasBegun).toBe(false);
    isMember = true;
    await begun;
    expect(gate.untilOpen()).toBeNull();
  });
});
