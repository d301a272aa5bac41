import { WHOLE } from '@skillora/validation';

import { UnacceptableException } from '../unacceptable.js';
import { parseExactJson } from './exact-json.js';

/**
 * Reads the JSON in `data_base64` (CloudEvents JSON format, §3.1.1). Many SDKs write it when the data is
 * given as bytes.
 * @throws {UnacceptableException} under `data_base64` when it is not base64 (RFC 4648, §4: padded, no line breaks, no
 * other characters) or its bytes are not JSON; `inexact_number` under the path of the number, for example
 * `data.score`.
 */
export function readBase64Json(text: string): unknown {
  const bytes = Buffer.from(text, 'base64');
  // Node ignores characters that are not base64. If the bytes encode to another text, the input was not
  // base64.
  if (bytes.toString('base64') !== text) {
    throw new UnacceptableException('not_a_cloud_event', {
      data_base64: ['Must be base64 with padding and without other characters (RFC 4648, section 4).'],
    });
  }
  try {
    return parseExactJson(bytes, 'data');
  } catch (error) {
    if (!(error instanceof UnacceptableException) || error.reason !== 'not_json') throw error;
    throw new UnacceptableException('not_json', {
      data_base64: error.problems[WHOLE] ?? [error.message],
    });
  }
}
