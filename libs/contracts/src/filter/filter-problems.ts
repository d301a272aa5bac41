/** So many problems of one filter are named; more would help nobody. */
const NAMED_AT_MOST = 10;
const LONGEST_NAME = 80;

/** Collects what is wrong with a filter. */
export class FilterProblems {
  private readonly named: string[] = [];

  get found(): readonly string[] {
    return this.named;
  }

  /** Whether nothing more needs to be looked at. */
  get areMany(): boolean {
    return this.named.length >= NAMED_AT_MOST;
  }

  /** @param place where it is in the filter; empty for the filter itself. @param rule a sentence. */
  add(place: string, rule: string): void {
    if (!this.areMany) this.named.push(place === '' ? rule : `${place}: ${rule}`);
  }
}

/** A name within a place: in quotes, and shortened. */
export function nameOf(path: string): string {
  return JSON.stringify(path.length > LONGEST_NAME ? `${path.slice(0, LONGEST_NAME)}…` : path);
}
