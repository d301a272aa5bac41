import { isScalar, type Scalar } from './event-filter.js';
import { type Comparable, contains, containsAny, type Range } from './range.js';

/**
 * How many values are looked at on the way to one path. Only lists have more than one, and no longer list may make one
 * customer's filters hold up the others.
 */
export const MAX_VALUES_AT_PATH = 1_000;

/** Up to this number, looking at each value is cheaper than sorting them. */
const FEW = 8;

/** The values at one path of a body. A list has its items in its place, and may have any number of them. */
export class PathValues {
  private known: ReadonlySet<Scalar> | null = null;
  private readonly sorted = new Map<Range['of'], readonly Comparable[]>();

  /**
   * @param exists whether the body has the path at all: a list without items exists, and so does null.
   * @param scalars the texts, numbers, booleans and nulls at the path.
   */
  constructor(
    readonly exists: boolean,
    private readonly scalars: readonly Scalar[],
  ) {}

  /** Whether one of the values is one of these. */
  hasAny(wanted: ReadonlySet<Scalar>): boolean {
    if (this.scalars.length <= FEW) {
      for (const value of this.scalars) if (wanted.has(value)) return true;
      return false;
    }
    const known = (this.known ??= new Set(this.scalars));
    for (const value of wanted) if (known.has(value)) return true;
    return false;
  }

  /** Whether one of the values is in the range. */
  isWithin(range: Range): boolean {
    if (this.scalars.length <= FEW) {
      for (const value of this.scalars) {
        if (typeof value === range.of && contains(range, value as Comparable)) return true;
      }
      return false;
    }
    return containsAny(range, this.sortedOf(range.of));
  }

  private sortedOf(kind: Range['of']): readonly Comparable[] {
    let sorted = this.sorted.get(kind);
    if (!sorted) {
      sorted = this.scalars
        .filter((value): value is Comparable => typeof value === kind)
        .sort((a, b) => (a < b ? -1 : Number(a > b)));
      this.sorted.set(kind, sorted);
    }
    return sorted;
  }
}

/**
 * The body of an event as filters see it. It is parsed when the first filter asks for a value, and each path is
 * followed once, whatever the number of filters.
 */
export class FilteredBody {
  private parsed: { readonly content: unknown } | null = null;
  private readonly paths = new Map<string, PathValues>();

  /** @param body JSON, as receivers get it. */
  constructor(private readonly body: string) {}

  /** The values at a path. @param path what `segments` are read from. */
  at(path: string, segments: readonly string[]): PathValues {
    let values = this.paths.get(path);
    if (!values) {
      this.parsed ??= { content: parse(this.body) };
      values = valuesAt(this.parsed.content, segments);
      this.paths.set(path, values);
    }
    return values;
  }
}

/** Intake makes every body, so each is JSON. If one is not, nothing exists in it. */
function parse(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly data?: unknown } | null)?.data;
  } catch {
    return undefined;
  }
}

/** Where the path meets a list, it goes on in each item. Only own fields count, whatever their names. */
function valuesAt(data: unknown, segments: readonly string[]): PathValues {
  const scalars: Scalar[] = [];
  let exists = false;
  let left = MAX_VALUES_AT_PATH;
  const follow = (value: unknown, depth: number): void => {
    left -= 1;
    const name = segments[depth];
    if (name === undefined && value !== undefined) exists = true;
    if (Array.isArray(value)) {
      for (const item of value) {
        if (left <= 0) return;
        follow(item, depth);
      }
    } else if (name === undefined) {
      if (isScalar(value)) scalars.push(value);
    } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, name)) {
      follow((value as Readonly<Record<string, unknown>>)[name], depth + 1);
    }
  };
  follow(data, 0);
  return new PathValues(exists, scalars);
}
