/** Offsets from `from` up to, not including, `to`. */
export interface OffsetRange {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * The done offsets above a commit, as text for the commit's metadata: run lengths from the committed offset on,
 * alternately not done and done, each a base-36 number of at most ten digits, joined by commas, after a version
 * letter. A window in which one record hangs and thousands behind it are done is then a few characters.
 */
const VERSION = 'r';

/** Encodes what is done: ranges in order, apart from each other, none below `base`; the empty text when there is none. */
export function encodeDoneOffsets(base: bigint, done: readonly OffsetRange[]): string {
  const runs: string[] = [];
  let cursor = base;
  for (const { from, to } of done) {
    runs.push((from - cursor).toString(36), (to - from).toString(36));
    cursor = to;
  }
  return runs.length === 0 ? '' : VERSION + runs.join(',');
}

/** Decodes; metadata that is not ours (another tool's commit) means that nothing above `base` is known to be done. */
export function decodeDoneOffsets(base: bigint, metadata: string | null | undefined): OffsetRange[] {
  if (
    !metadata?.startsWith(VERSION) ||
    !/^r[0-9a-z]{1,10},[0-9a-z]{1,10}(,[0-9a-z]{1,10},[0-9a-z]{1,10})*$/.test(metadata)
  )
    return [];
  const runs = metadata.slice(VERSION.length).split(',');
  const done: OffsetRange[] = [];
  let cursor = base;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const from = cursor + BigInt(parseInt(runs[i] ?? '', 36));
    cursor = from + BigInt(parseInt(runs[i + 1] ?? '', 36));
    done.push({ from, to: cursor });
  }
  return done;
}
