/** Offsets from `from` up to, not including, `to`. */
export interface OffsetRange {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Encodes the processed offsets above a commit as text for the commit's metadata. The text holds a version
 * letter, then run lengths from the committed offset on, alternately not processed and processed. Each is a
 * base-36 number of at most ten digits; commas separate them. A window in which one record hangs and
 * thousands behind it are processed then takes a few characters.
 */
const VERSION = 'r';

/**
 * Encodes processed offsets: ranges in order, with gaps between them, none below `base`. The text is empty
 * when there is none.
 */
export function encodeDoneOffsets(base: bigint, done: readonly OffsetRange[]): string {
  const runs: string[] = [];
  let cursor = base;
  for (const { from, to } of done) {
    runs.push((from - cursor).toString(36), (to - from).toString(36));
    cursor = to;
  }
  return runs.length === 0 ? '' : VERSION + runs.join(',');
}

/**
 * Decodes the metadata of a commit. Metadata of another tool means that nothing above `base` is known to be
 * processed.
 */
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
