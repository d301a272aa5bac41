/**
 * The done offsets above a commit, as text for the commit's metadata: run lengths from the committed offset on,
 * alternately not done and done, each a base-36 number, joined by commas, after a version letter. A window in which one
 * record hangs and thousands behind it are done is then a few characters.
 */
const VERSION = 'r';

/** Encodes `done`, all at or above `base`; the empty text when there is none. */
export function encodeDoneOffsets(base: bigint, done: ReadonlySet<bigint>): string {
  if (done.size === 0) return '';
  const sorted = [...done].sort((a, b) => (a < b ? -1 : 1));
  const runs: string[] = [];
  let cursor = base;
  let runStart: bigint | null = null;
  let runEnd = base;
  const closeRun = (): void => {
    if (runStart === null) return;
    runs.push((runStart - cursor).toString(36), (runEnd - runStart).toString(36));
    cursor = runEnd;
  };
  for (const offset of sorted) {
    if (runStart !== null && offset === runEnd) {
      runEnd = offset + 1n;
      continue;
    }
    closeRun();
    runStart = offset;
    runEnd = offset + 1n;
  }
  closeRun();
  return VERSION + runs.join(',');
}

/** Decodes; metadata that is not ours (another tool's commit) means that nothing above `base` is known to be done. */
export function decodeDoneOffsets(base: bigint, metadata: string | null | undefined): Set<bigint> {
  const done = new Set<bigint>();
  if (!metadata?.startsWith(VERSION) || !/^r[0-9a-z]+,[0-9a-z]+(,[0-9a-z]+,[0-9a-z]+)*$/.test(metadata))
    return done;
  const runs = metadata.slice(VERSION.length).split(',');
  let cursor = base;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    cursor += BigInt(parseInt(runs[i] ?? '', 36));
    const length = parseInt(runs[i + 1] ?? '', 36);
    if (done.size + length > MAX_RESTORED) return done;
    for (let n = 0; n < length; n += 1) done.add(cursor + BigInt(n));
    cursor += BigInt(length);
  }
  return done;
}

/** A commit that claims more than this is not one of ours; restoring it would only cost memory. */
const MAX_RESTORED = 5_000_000;
