import type { ProcessExit } from '@skillora/engines';

import { type Part, Supervisor } from './supervisor.js';

/** A part whose next starts fail as often as told. */
class FragilePart implements Part {
  readonly name = 'the part';
  starts = 0;
  private tell: (exit: ProcessExit) => void = () => undefined;

  constructor(public failures = 0) {}

  start(): Promise<void> {
    this.starts += 1;
    if (this.failures === 0) return Promise.resolve();
    this.failures -= 1;
    return Promise.reject(new Error('no disk left\nsecond line'));
  }

  onExit(callback: (exit: ProcessExit) => void): void {
    this.tell = callback;
  }

  die(): void {
    this.tell({ code: null, signal: 'SIGKILL' });
  }
}

describe('supervision', () => {
  function supervise(part: FragilePart): { supervisor: Supervisor; said: string[]; delays: number[] } {
    const said: string[] = [];
    const delays: number[] = [];
    const supervisor = new Supervisor(
      part,
      (line) => said.push(line),
      (restart) => {
        delays.push(restart);
        return restart;
      },
    );
    return { supervisor, said, delays };
  }

  it('starts a part again when it dies, and says so', async () => {
    const part = new FragilePart();
    const { supervisor, said } = supervise(part);
    part.die();
    await supervisor.settled();
    expect(part.starts).toBe(1);
    expect(said).toEqual([
      'the part was ended by SIGKILL; starting it again in 0 ms',
      expect.stringMatching(/^the part runs again, .* later$/),
    ]);
  });

  it('does not give up, and waits longer from failure to failure, even when starts succeed in between', async () => {
    const part = new FragilePart(3);
    const { supervisor, said, delays } = supervise(part);
    part.die();
    await supervisor.settled();
    expect(said[1]).toBe('the part did not start: no disk left; starting it again in 1 ms');
    part.die();
    await supervisor.settled();
    expect(part.starts).toBe(5);
    expect(delays).toEqual([0, 1, 2, 3, 4]);
  });

  it('restarts nothing once it has ended, not even what it was about to', async () => {
    const part = new FragilePart();
    const supervisor = new Supervisor(
      part,
      () => undefined,
      () => 3_600_000,
    );
    part.die();
    supervisor.end();
    await supervisor.settled();
    part.die();
    await supervisor.settled();
    expect(part.starts).toBe(0);
  });
});
