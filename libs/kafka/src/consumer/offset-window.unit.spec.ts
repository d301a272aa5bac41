import fc from 'fast-check';

import { encodeDoneOffsets } from './done-offsets.js';
import { OffsetWindow } from './offset-window.js';

const fresh = (offset = 0n): OffsetWindow => new OffsetWindow({ offset, metadata: '' });

describe('an offset window', () => {
  it('commits the lowest record that is not done, however many above it are', () => {
    const window = fresh();
    for (const offset of [0n, 1n, 2n, 3n]) window.take(offset);
    window.done(1n);
    window.done(3n);
    expect(window.commit().offset).toBe(0n);
    window.done(0n);
    expect(window.commit().offset).toBe(2n);
  });

  it('commits past everything received once all of it is done, whatever gaps the log has', () => {
    const window = fresh(5n);
    for (const offset of [7n, 12n, 13n]) window.take(offset);
    for (const offset of [13n, 7n, 12n]) window.done(offset);
    expect(window.commit()).toEqual({ offset: 14n, metadata: '' });
  });

  it('takes no record twice, which a rebalance would otherwise hand over again', () => {
    const window = fresh();
    expect(window.take(0n)).toBe(true);
    expect(window.take(0n)).toBe(false);
    window.done(0n);
    expect(window.take(0n)).toBe(false);
  });

  it('ignores a record that is done twice', () => {
    const window = fresh();
    window.take(0n);
    window.take(1n);
    window.done(0n);
    window.done(0n);
    expect(window.inFlight).toBe(1);
  });

  it('asks for no work again that a former owner had done above its commit', () => {
    const former = fresh();
    for (const offset of [0n, 1n, 2n]) former.take(offset);
    former.done(1n);
    const successor = new OffsetWindow(former.commit());
    expect([0n, 1n, 2n].map((offset) => successor.take(offset))).toEqual([true, false, true]);
  });

  it('says that it is full before its done offsets no longer fit the metadata of a commit', () => {
    const window = fresh();
    let offset = 0n;
    while (window.fits() && offset < 100_000n) {
      window.take(offset);
      if (offset % 2n === 1n) window.done(offset);
      offset += 1n;
    }
    expect(offset).toBeLessThan(100_000n);
    expect(window.commit().metadata.length).toBeLessThanOrEqual(4_096);
  });

  it('loses nothing and repeats only what was open, through any order of completions and any crash', () => {
    const step = fc.record({ gap: fc.integer({ min: 1, max: 3 }), pick: fc.nat(), crash: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const log: bigint[] = [];
        const completed = new Set<bigint>();
        let window = fresh();
        let open: bigint[] = [];
        let end = 0n;
        for (const { gap, pick, crash } of steps) {
          end += BigInt(gap);
          log.push(end);
          if (window.take(end)) open.push(end);
          if (pick % 3 > 0 && open.length > 0) {
            const [done] = open.splice(pick % open.length, 1);
            window.done(done!);
            completed.add(done!);
          }
          const commit = window.commit();
          for (const offset of log) if (offset < commit.offset) expect(completed).toContain(offset);
          if (crash) {
            window = new OffsetWindow(commit);
            const takenAgain = log.filter((offset) => offset >= commit.offset && window.take(offset));
            expect(takenAgain).toEqual([...open].sort((a, b) => (a < b ? -1 : 1)));
            open = takenAgain;
          }
        }
        for (const offset of open) window.done(offset);
        expect(window.commit()).toEqual({ offset: log.length === 0 ? 0n : end + 1n, metadata: '' });
      }),
    );
  });

  it('needs a few characters however many gaps lie between what is done', () => {
    const window = fresh();
    // Every transaction leaves a marker behind its records, which takes an offset.
    for (let offset = 0n; offset < 100_000n; offset += 2n) {
      window.take(offset);
      if (offset > 0n) window.done(offset);
    }
    expect(window.commit().metadata.length).toBeLessThan(16);
    expect(window.fits()).toBe(true);
    const successor = new OffsetWindow(window.commit());
    expect([0n, 2n, 99_998n, 100_000n].map((offset) => successor.take(offset))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('goes on however many pass the one that hangs', () => {
    const window = fresh();
    for (let offset = 0n; offset < 200_000n; offset += 1n) {
      expect(window.fits()).toBe(true);
      window.take(offset);
      if (offset > 0n) window.done(offset);
    }
    expect(window.commit()).toEqual({
      offset: 0n,
      metadata: encodeDoneOffsets(0n, [{ from: 1n, to: 200_000n }]),
    });
  });

  it('says what a commit would be if more were done, and leaves them open', () => {
    const window = fresh();
    for (const offset of [0n, 1n, 2n]) window.take(offset);
    const supposed = window.commit(new Set([0n, 2n]));
    expect(window.inFlight).toBe(3);
    window.done(0n);
    window.done(2n);
    expect(window.commit()).toEqual(supposed);
  });

  it('learns from a commit that another wrote what is done, here and further on', () => {
    const [mine, theirs] = [fresh(), fresh()];
    for (const offset of [0n, 1n, 2n, 3n]) mine.take(offset);
    for (const offset of [0n, 1n, 2n, 3n, 4n, 5n]) theirs.take(offset);
    for (const offset of [0n, 2n, 4n]) theirs.done(offset);
    mine.learn(theirs.commit());
    expect([0n, 1n, 2n, 3n].map((offset) => mine.isOpen(offset))).toEqual([false, true, false, true]);
    expect([4n, 5n].map((offset) => mine.take(offset))).toEqual([false, true]);
  });

  it('counts the bytes of what is open', () => {
    const window = fresh();
    window.take(0n, 100);
    window.take(1n, 20);
    window.done(0n);
    expect(window.inFlightBytes).toBe(20);
    window.done(1n);
    expect(window.inFlightBytes).toBe(0);
  });

  it('tells since when the first open record waits, and how far everything is done', () => {
    const window = fresh(5n);
    expect([window.watermark, window.waitingSince]).toEqual([5n, null]);
    for (const offset of [5n, 8n, 9n]) window.take(offset, 1, 1_000 + Number(offset));
    window.done(8n);
    expect([window.watermark, window.waitingSince]).toEqual([5n, 1_005]);
    window.done(5n);
    expect([window.watermark, window.waitingSince]).toEqual([9n, 1_009]);
    window.done(9n);
    expect([window.watermark, window.waitingSince]).toEqual([10n, null]);
  });

  it('takes again what was given back, and commits nothing of it meanwhile', () => {
    const window = fresh();
    for (const offset of [0n, 3n, 4n]) window.take(offset, 10);
    window.done(0n);
    window.giveBack([3n, 4n]);
    expect([window.commit().offset, window.inFlight, window.inFlightBytes]).toEqual([3n, 0, 0]);
    expect([3n, 4n].map((offset) => window.take(offset))).toEqual([true, true]);
  });

  it('asks for no work again that a former owner had done among what was given back', () => {
    const former = fresh();
    for (const offset of [0n, 1n, 2n, 3n]) former.take(offset);
    former.done(1n);
    former.done(2n);
    const window = new OffsetWindow(former.commit());
    expect([0n, 1n, 2n, 3n].map((offset) => window.take(offset))).toEqual([true, false, false, true]);
    window.giveBack([0n, 3n]);
    expect(window.commit()).toEqual(former.commit());
    expect([0n, 1n, 2n, 3n].map((offset) => window.take(offset))).toEqual([true, false, false, true]);
  });
});

describe('a window tells how long a record has waited', () => {
  const taken = (): OffsetWindow => {
    const window = new OffsetWindow({ offset: 0n, metadata: '' });
    window.take(0n, 1, 1_000);
    window.take(1n, 1, 2_000);
    return window;
  };

  it('that is taken and not done', () => {
    const window = taken();
    expect(window.waitingSince).toBe(1_000);
    window.done(0n);
    expect(window.waitingSince).toBe(2_000);
    window.done(1n);
    expect(window.waitingSince).toBeNull();
  });

  it('that was given back, until it is taken again and done', () => {
    const window = taken();
    window.giveBack([0n, 1n]);
    expect(window.waitingSince).toBe(1_000);
    window.take(0n, 1, 1_000);
    window.done(0n);
    expect(window.waitingSince).toBeNull();
  });
});

describe('a window passes what holds no records', () => {
  it('so that a commit says that nothing is left', () => {
    const window = new OffsetWindow({ offset: 5n, metadata: '' });
    window.take(5n);
    window.pass(8n);
    expect(window.commit()).toEqual({ offset: 5n, metadata: '' });
    window.done(5n);
    expect(window.watermark).toBe(8n);
    expect(window.commit()).toEqual({ offset: 8n, metadata: '' });
  });

  it('and never goes back for it', () => {
    const window = new OffsetWindow({ offset: 5n, metadata: '' });
    window.pass(3n);
    expect(window.next).toBe(5n);
  });
});
