import { JsonProblem, parseStrictJson } from '@skillora/validation';

import { RefusalException } from './problems.js';

/**
 * Reads a JSON body; an empty one is undefined.
 * @throws {RefusalException} 400 with the problem.
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RefusalException(400, 'JSON parse error - the bytes are not UTF-8.');
  }
  if (text.trim() === '') return undefined;
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonProblem) throw new RefusalException(400, error.message);
    throw error;
  }
}
