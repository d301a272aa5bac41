import type { FieldProblems } from '@skillora/rest';

import { Unacceptable } from '../unacceptable.js';
import type { UncheckedEvent } from './cloud-event.js';
import { parseExactJson } from './exact-json.js';

/** Attributes by their names, out of headers. */
type Attributes = Record<string, string>;

/**
 * The attributes in a Kafka record's headers (Kafka protocol binding, §3.2), or null when the record is in structured
 * mode: its content type says so, or it has no such headers.
 */
export function kafkaAttributes(headers: Readonly<Record<string, string | undefined>>): Attributes | null {
  return binaryAttributes(headers, 'ce_', (value) => value);
}

/** The attributes in a request's headers (HTTP protocol binding, §3.1), percent-decoded, or null as above. */
export function httpAttributes(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Attributes | null {
  const single = Object.entries(headers).map(([name, value]) => [name, [value].flat().at(-1)]);
  return binaryAttributes(Object.fromEntries(single) as Record<string, string | undefined>, 'ce-', unescape);
}

/**
 * Reads an event in binary mode: attributes from headers, the data alone as the content.
 * @throws {Unacceptable} when the content is not JSON or holds a number that would be altered.
 */
export function readBinary(attributes: Attributes, content: Uint8Array): UncheckedEvent {
  return { attributes, data: parseExactJson(content, 'data') };
}

function binaryAttributes(
  headers: Readonly<Record<string, string | undefined>>,
  prefix: string,
  decode: (value: string, name: string) => string,
): Attributes | null {
  const attributes: Attributes = {};
  let contentType: string | undefined;
  for (const [header, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const name = header.toLowerCase();
    if (name === 'content-type') contentType = value;
    else if (name.startsWith(prefix)) {
      const attribute = name.slice(prefix.length);
      attributes[attribute] = decode(value, attribute);
    }
  }
  if (contentType !== undefined && /^application\/cloudevents/i.test(contentType)) return null;
  if (Object.keys(attributes).length === 0) return null;
  return contentType === undefined ? attributes : { ...attributes, datacontenttype: contentType };
}

function unescape(value: string, name: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    const problems: FieldProblems = { [name]: ['Not valid percent-encoding.'] };
    throw new Unacceptable('not_a_cloud_event', problems);
  }
}
