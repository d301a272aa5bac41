import { Refusal } from './problems.js';

/** JSON nested deeper is refused: nothing of ours is, and other programs fail on it. */
const MAX_DEPTH = 64;

/**
 * Reads a JSON body; an empty one is undefined.
 * @throws {Refusal} 400 saying what is wrong.
 */
export function parseJsonBody(text: string): unknown {
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new Refusal(400, `JSON parse error - ${reason.slice(0, 200)}`);
  }
  if (nestedDeeperThan(value, MAX_DEPTH))
    throw new Refusal(400, `JSON is nested deeper than ${MAX_DEPTH} levels.`);
  return value;
}

/** Whether a value is nested deeper than `limit` levels; looks level by level, so that no nesting can exhaust the stack. */
export function nestedDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((each): unknown[] =>
      typeof each === 'object' && each !== null ? Object.values(each) : [],
    );
  }
  return false;
}
