import fc from 'fast-check';

import { OffsetWindow, type WindowCommit } from './offset-window.js';

describe('windows of instances that take a partition from each other', () => {
  it('never write two outcomes of a record, through crashes, zombies and transactions of unknown outcome', () => {
    const step = fc.record({
      kind: fc.constantFrom(
        'take',
        'take',
        'complete',
        'give back',
        'write',
        'write',
        'write unsure',
        'take over',
        'crash',
      ),
      copy: fc.constantFrom(0, 1),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        // What Kafka holds: the log's end, the commit, who may write, and the outcomes written.
        let end = 0n;
        let committed: WindowCommit = { offset: 0n, metadata: '' };
        let epoch = 0;
        const outcomes: bigint[] = [];
        const takeOver = () => ({
          epoch: (epoch += 1),
          window: new OffsetWindow(committed),
          position: committed.offset,
          finished: new Set<bigint>(),
          open: new Set<bigint>(),
          /** Nothing up to here is given back: it is done, or something above it is. */
          kept: -1n,
        });
        const copies = [takeOver(), takeOver()];
        for (const { kind, copy, pick } of steps) {
          const one = copies[copy]!;
          if (kind === 'take') {
            if (one.position >= end) end = one.position + BigInt((pick % 3) + 1);
            if (one.window.take(one.position)) one.open.add(one.position);
            one.position += 1n;
          } else if (kind === 'complete' && one.open.size > 0) {
            const done = [...one.open][pick % one.open.size]!;
            one.open.delete(done);
            one.finished.add(done);
            if (done > one.kept) one.kept = done;
          } else if (kind === 'give back') {
            const last = [...one.open].filter((offset) => offset > one.kept);
            const given = last.slice(pick % (last.length + 1));
            one.window.giveBack(given);
            for (const offset of given) one.open.delete(offset);
            one.position = given[0] ?? one.position;
          } else if (kind.startsWith('write')) {
            const commit = one.window.commit(one.finished);
            const accepted = one.epoch === epoch;
            if (accepted) {
              committed = commit;
              outcomes.push(...one.finished);
            }
            if (accepted && kind === 'write') {
              for (const offset of one.finished) one.window.done(offset);
              one.finished.clear();
            } else {
              one.epoch = epoch += 1;
              one.window.learn(committed);
              for (const each of [one.finished, one.open]) {
                for (const offset of each) if (!one.window.isOpen(offset)) each.delete(offset);
              }
            }
          } else if (kind === 'take over' || kind === 'crash') {
            copies[copy] = takeOver();
          }
          expect(new Set(outcomes).size).toBe(outcomes.length);
        }
        // In the end one copy reads everything and finishes it.
        const last = takeOver();
        for (let offset = committed.offset; offset < end; offset += 1n) {
          if (last.window.take(offset)) outcomes.push(offset);
        }
        expect(outcomes.sort((a, b) => (a < b ? -1 : 1))).toEqual(
          Array.from({ length: Number(end) }, (_, offset) => BigInt(offset)),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
