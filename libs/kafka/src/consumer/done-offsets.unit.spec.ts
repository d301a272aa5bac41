import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { decodeDoneOffsets } from './done-offsets.js';

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
