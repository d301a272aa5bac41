import { type FieldProblems, WHOLE } from './field-problems.js';

/** The maximum number of faults in one answer, log line or dead letter. Nobody corrects more at once. */
export const MAX_FAULTS = 100;
/** Longer paths are cut to this many characters. */
export const MAX_PATH_CHARACTERS = 200;
/** The same limit for the message about a field, characters. */
const MAX_TEXT_CHARACTERS = 1_000;

const MORE = `More is wrong than that; these are the first ${MAX_FAULTS} faults.`;
/**
 * Collects the problems of a body, a query or an event, by path, within bounds: at most 100 faults, each with
 * a path of at most 200 characters. One more fault, of the whole, says that there are others.
 */
export class Faults {
  private readonly texts = new Map<string, string[]>();
  private count = 0;
  private hasMore = false;

  /** Whether there is any fault. */
  get any(): boolean {
    return this.count > 0;
  }

  /** Whether the limit is reached, so that further checks are useless. */
  get full(): boolean {
    return this.hasMore;
  }

  /** @param path of the field, or the keys and indices that lead to it. */
  note(path: string | readonly string[], text: string): void {
    if (this.hasMore) return;
    const shown = pathText(path);
    const texts = this.texts.get(shown) ?? [];
    const said = text.length > MAX_TEXT_CHARACTERS ? `${text.slice(0, MAX_TEXT_CHARACTERS)}…` : text;
    if (texts.includes(said)) return;
    if (this.count >= MAX_FAULTS) {
      this.hasMore = true;
      return;
    }
    this.count += 1;
    this.texts.set(shown, [...texts, said]);
  }

  /** All faults by path. */
  get problems(): FieldProblems {
    const entries = new Map(this.texts);
    if (this.hasMore) entries.set(WHOLE, [...(entries.get(WHOLE) ?? []), MORE]);
    return Object.fromEntries(entries);
  }
}

/** The same problems within the bounds of {@link Faults}. */
export function withinBounds(problems: FieldProblems): FieldProblems {
  const faults = new Faults();
  for (const [path, texts] of Object.entries(problems)) {
    for (const text of texts) faults.note(path, text);
    if (faults.full) break;
  }
  return faults.problems;
}

/** A path as answers, logs and dead letters show it: keys with dots between them, at most 200 characters. */
export function pathText(path: string | readonly string[]): string {
  if (typeof path === 'string') return cut(path);
  let text = '';
  for (const key of path) {
    // Cut before it is joined: keys may be as long as the text that they were read from.
    const shown = key.slice(0, MAX_PATH_CHARACTERS + 1);
    text = text === '' ? shown : `${text}.${shown}`;
    if (text.length > MAX_PATH_CHARACTERS) break;
  }
  return cut(text);
}

function cut(path: string): string {
  return path.length > MAX_PATH_CHARACTERS
    ? `${path.slice(0, MAX_PATH_CHARACTERS - 1).toWellFormed()}…`
    : path;
}
