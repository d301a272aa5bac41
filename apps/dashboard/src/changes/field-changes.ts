/** The fields of an object, as an entry of the log of changes has them. */
export type Fields = Readonly<Record<string, unknown>>;

/** A value for people. */
export interface ShownValue {
  readonly text: string;
  /** False if the text is a word of this page for the value, for example `none` for null. */
  readonly isLiteral: boolean;
}

/** A field that an entry is about. */
export interface FieldChange {
  /** The path of the field, for example `secret.fingerprint`. */
  readonly path: string;
  /** Null if the field was not there. */
  readonly before: ShownValue | null;
  /** Null if the field is no longer there. */
  readonly after: ShownValue | null;
}

/** Deeper values are shown as JSON. */
const DEEPEST = 5;
const NONE: ShownValue = { text: 'none', isLiteral: false };

/**
 * What is different, field by field. It knows no field by its name, so a field of a later release is shown too.
 * @param before null if the object did not exist. Fields without a value are left out of a new object then.
 * @param after null if the object no longer exists.
 */
export function fieldChanges(before: Fields | null, after: Fields | null): FieldChange[] {
  const [former, latter] = [leavesOf(before), leavesOf(after)];
  const paths = new Set([...former.keys(), ...latter.keys()]);
  return [...paths]
    .map((path) => ({ path, before: former.get(path) ?? null, after: latter.get(path) ?? null }))
    .filter((change) => before !== null || change.after !== NONE);
}

function leavesOf(fields: Fields | null): Map<string, ShownValue> {
  const leaves = new Map<string, ShownValue>();
  const walk = (path: readonly string[], value: unknown): void => {
    const parts = path.length < DEEPEST ? partsOf(value) : null;
    if (parts === null) leaves.set(path.join('.'), shownValue(value));
    else for (const [name, part] of parts) walk([...path, name], part);
  };
  for (const [name, value] of Object.entries(fields ?? {})) walk([name], value);
  return leaves;
}

/** The parts of a value that has parts with names; null of any other. The items of a list are counted from 1. */
function partsOf(value: unknown): readonly (readonly [string, unknown])[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const isList = Array.isArray(value);
  if (isList && value.every(isScalar)) return null;
  const parts = isList
    ? value.map((item, index) => [String(index + 1), item] as const)
    : Object.entries(value);
  return parts.length === 0 ? null : parts;
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function shownValue(value: unknown): ShownValue {
  if (value === null || value === undefined) return NONE;
  if (value === '') return { text: 'empty', isLiteral: false };
  if (typeof value === 'boolean') return { text: value ? 'yes' : 'no', isLiteral: false };
  if (typeof value === 'string') return { text: value, isLiteral: true };
  if (Array.isArray(value) && value.every(isScalar)) {
    // One item a line: an item may hold any sign that would stand between two.
    return value.length === 0 ? NONE : { text: value.map(String).join('\n'), isLiteral: true };
  }
  if (typeof value === 'object' && Object.keys(value).length === 0) return NONE;
  return { text: JSON.stringify(value), isLiteral: true };
}

/** Two texts, cut where they begin and end to differ. */
export interface DifferingTexts {
  readonly start: string;
  readonly before: string;
  readonly after: string;
  readonly end: string;
}

const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Finds the part of two texts that differs. No character, as people see one, is cut. */
export function differingTexts(before: string, after: string): DifferingTexts {
  const [former, latter] = [charactersOf(before), charactersOf(after)];
  const shorter = Math.min(former.length, latter.length);
  let start = 0;
  while (start < shorter && former[start] === latter[start]) start += 1;
  let end = 0;
  while (end < shorter - start && former.at(-1 - end) === latter.at(-1 - end)) end += 1;
  return {
    start: former.slice(0, start).join(''),
    before: former.slice(start, former.length - end).join(''),
    after: latter.slice(start, latter.length - end).join(''),
    end: former.slice(former.length - end).join(''),
  };
}

function charactersOf(text: string): string[] {
  return Array.from(CHARACTERS.segment(text), ({ segment }) => segment);
}
