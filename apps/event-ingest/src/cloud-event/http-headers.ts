import {
  type Attributes,
  binaryAttributes,
  HeaderProblem,
  type AttributeHeader,
  utf8Text,
} from './binary.js';

/**
 * The attributes in a request's headers (CloudEvents HTTP binding, §3.1), or null when the request is in
 * structured mode.
 * @param rawHeaders names and values in turn, as Node gives them: each character of a value is a byte.
 * @throws {UnacceptableException} naming each header that is not UTF-8, holds an escape that is not UTF-8, or occurs
 * twice with different values.
 */
export function httpAttributes(rawHeaders: readonly string[]): Attributes | null {
  return binaryAttributes(pairs(rawHeaders), { prefix: 'ce-', decode: decodeHeaderValue });
}

function* pairs(rawHeaders: readonly string[]): Generator<AttributeHeader> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    yield { name: rawHeaders[index] ?? '', value: Buffer.from(rawHeaders[index + 1] ?? '', 'latin1') };
  }
}

/**
 * The text of a header's value (CloudEvents HTTP binding, §3.1.3.2). Double quotes around the value are
 * removed first, then escapes are decoded once. A `%` that begins no escape is kept, because several SDKs
 * send it so. Bytes above ASCII are kept too, because some SDKs send UTF-8.
 * @throws {HeaderProblem} when bytes or escapes are not UTF-8.
 */
export function decodeHeaderValue(bytes: Uint8Array): string {
  return percentDecode(unquote(rawText(bytes)));
}

function rawText(bytes: Uint8Array): string {
  try {
    return utf8Text(bytes);
  } catch {
    throw new HeaderProblem('its bytes are not UTF-8. Percent-encode what is not ASCII.');
  }
}

/** One quoted string and nothing else (RFC 9110, §5.6.4). */
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/su;

function unquote(text: string): string {
  const inner = QUOTED.exec(text)?.[1];
  return inner === undefined ? text : inner.replaceAll(/\\(.)/gsu, '$1');
}

function percentDecode(text: string): string {
  return text.replaceAll(/(?:%[\da-fA-F]{2})+/g, (escapes) => {
    try {
      return utf8Text(Buffer.from(escapes.replaceAll('%', ''), 'hex'));
    } catch {
      throw new HeaderProblem(`its escapes ${escapes.slice(0, 30)} are not UTF-8.`);
    }
  });
}
