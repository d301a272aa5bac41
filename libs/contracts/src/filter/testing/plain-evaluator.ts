/**
 * Says whether a filter lets a body through, written as plainly as possible and otherwise than the product: it reads the
 * filter's JSON itself, lists everything that is in the body by path, and tries every alternative on every value.
 */
export function plainlyMatches(filter: Readonly<Record<string, unknown>>, body: string): boolean {
  const found = new Map<string, unknown[]>();
  list((JSON.parse(body) as { data: unknown }).data, 'data', found);
  return group(filter, found);
}

/** Everything below a value, each at its path; an item of a list is at the path of the list. */
function list(value: unknown, path: string, found: Map<string, unknown[]>): void {
  found.set(path, [...(found.get(path) ?? []), value]);
  if (Array.isArray(value)) value.forEach((item) => list(item, path, found));
  else if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) list(field, `${path}.${escaped(name)}`, found);
  }
}

/** A name as paths write it. */
export function escaped(name: string): string {
  return name.split('\\').join('\\\\').split('.').join('\\.');
}

function group(filter: object, found: ReadonlyMap<string, unknown[]>): boolean {
  for (const [name, value] of Object.entries(filter) as [string, unknown][]) {
    let holds: boolean;
    if (name === 'not') holds = !group(value as object, found);
    else if (name === 'any') holds = (value as object[]).filter((each) => group(each, found)).length > 0;
    else if (name === 'all') holds = (value as object[]).filter((each) => !group(each, found)).length === 0;
    else holds = [value].flat().filter((each) => alternative(each, found.get(name) ?? [])).length > 0;
    if (!holds) return false;
  }
  return true;
}

function alternative(wanted: unknown, values: readonly unknown[]): boolean {
  if (typeof wanted !== 'object' || wanted === null) return values.includes(wanted);
  const operators = wanted as Record<string, unknown>;
  if ('exists' in operators && operators['exists'] !== values.length > 0) return false;
  const others = Object.entries(operators).filter(([name]) => name !== 'exists');
  if (others.length === 0) return true;
  return values.some((value) => others.every(([name, operand]) => operator(name, operand, value)));
}

function operator(name: string, operand: unknown, value: unknown): boolean {
  if (name === 'equals') return [operand].flat().includes(value);
  if (typeof value !== typeof operand || typeof value === 'object') return false;
  const [a, b] = [value as string, operand as string];
  switch (name) {
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case 'prefix':
      return a.slice(0, b.length) === b;
    default:
      throw new Error(`no operator ${name}`);
  }
}
