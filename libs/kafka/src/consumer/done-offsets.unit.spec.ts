import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import fc from 'fast-check';

import { decodeDoneOffsets, encodeDoneOffsets, type OffsetRange } from './done-offsets.js';

/**
 * Commits as releases have made them, and what they say; a file for each version letter. Lines are added,
 * never changed.
 */
const RECORDED = fileURLToPath(new URL('../../recorded/', import.meta.url));

interface RecordedCommit {
  readonly offset: string;
  readonly metadata: string;
  readonly done: [from: string, to: string][];
}

const recorded = readdirSync(RECORDED).flatMap((file) =>
  readFileSync(`${RECORDED}${file}`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedCommit),
);

describe('commits of former releases', () => {
  it.each(recorded)('at $offset with metadata "$metadata" are read with all that is done', (commit) => {
    const done = commit.done.map(([from, to]) => ({ from: BigInt(from), to: BigInt(to) }));
    expect(decodeDoneOffsets(BigInt(commit.offset), commit.metadata)).toEqual(done);
  });
});

describe('the metadata of another tool’s commit', () => {
  it.each([null, undefined, '', 'x1,2', 'r1', 'r1,2,3', 'r-1,2', `r1,${'z'.repeat(400)}`])(
    '%s says of nothing that it is done',
    (metadata) => {
      expect(decodeDoneOffsets(7n, metadata)).toEqual([]);
    },
  );
});

describe('done offsets in the metadata of a commit', () => {
  it('come back as they were, whatever they are', () => {
    const lengths = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 900_000 })),
    );
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 50n), lengths, (base, runs) => {
        const done: OffsetRange[] = [];
        let cursor = base;
        for (const [open, closed] of runs) {
          const from = cursor + BigInt(open);
          done.push({ from, to: (cursor = from + BigInt(closed)) });
        }
        expect(decodeDoneOffsets(base, encodeDoneOffsets(base, done))).toEqual(done);
      }),
    );
  });

  it('take a few characters for thousands done behind one that hangs', () => {
    expect(encodeDoneOffsets(0n, [{ from: 1n, to: 50_001n }]).length).toBeLessThan(16);
  });

  it.each(['', 'something else', 'r', 'r1', 'r1,', 'r1,2,3', null])(
    'know nothing of foreign metadata (%j)',
    (text) => {
      expect(decodeDoneOffsets(0n, text)).toEqual([]);
    },
  );
});
