import type { FieldProblems } from '@skillora/validation';

import { demandSize, UnacceptableException } from '../unacceptable.js';
import type { UncheckedEvent } from './cloud-event.js';
import { parseExactJson } from './exact-json.js';
import { isStructuredMediaType } from './media-type.js';

/** Attributes by name, from headers. */
export type Attributes = Readonly<Record<string, string>>;

/** A header as it was received: its name as the sender wrote it, and its bytes. */
export interface AttributeHeader {
  readonly name: string;
  readonly value: Uint8Array;
}

/** The rules by which a protocol binding writes attributes into headers. */
export interface HeaderBinding {
  /** The prefix of attribute headers, in lower case. */
  readonly prefix: string;
  /** @throws {HeaderProblem} when the bytes are not valid text of that binding. */
  readonly decode: (bytes: Uint8Array) => string;
}

/** A header whose bytes cannot be read; the message says why, in one sentence for its sender. */
export class HeaderProblem extends Error {
  override readonly name = 'HeaderProblem';
}

/** The attributes of an event. Any of them in a header means that the record or request is in binary mode. */
const EVENT_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['specversion', 'id', 'source', 'type', 'time', 'organizationid'],
]);
/** Attributes that carry a trace context. An invalid one is ignored and never causes a refusal. */
const TRACE_ATTRIBUTES: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);
const CONTENT_TYPE = 'content-type';
const DATA_CONTENT_TYPE = 'datacontenttype';

/**
 * Reads an event in binary mode: the attributes from headers, the data from the content.
 * @throws {UnacceptableException} when the content is larger than 1 MiB, not JSON, or holds a number that would be
 * altered.
 */
export function readBinary(attributes: Attributes, content: Uint8Array): UncheckedEvent {
  demandSize(content.length);
  return { attributes, data: parseExactJson(content, 'data') };
}

/**
 * The attributes in the headers. Null when the event is in structured mode: the content type says so, or no
 * header holds an attribute of an event. The content type becomes `datacontenttype`. Other headers may hold
 * anything.
 * @throws {UnacceptableException} `not_a_cloud_event` naming each header that cannot be read, or occurs twice with
 * different values.
 */
export function binaryAttributes(
  headers: Iterable<AttributeHeader>,
  binding: HeaderBinding,
): Attributes | null {
  const found = attributeHeaders(headers, binding.prefix);
  if (![...found.keys()].some((name) => EVENT_ATTRIBUTES.has(name))) return null;
  const attributes: Record<string, string> = {};
  const problems: FieldProblems = {};
  for (const [attribute, same] of found) {
    try {
      attributes[attribute] = textOf(same, binding);
    } catch (error) {
      if (!(error instanceof HeaderProblem)) throw error;
      if (!TRACE_ATTRIBUTES.has(attribute)) problems[attribute] = [error.message];
    }
  }
  const { [CONTENT_TYPE]: contentType = '', [DATA_CONTENT_TYPE]: declared, ...others } = attributes;
  if (isStructuredMediaType(contentType)) return null;
  if (Object.keys(problems).length > 0) throw new UnacceptableException('not_a_cloud_event', problems);
  const mediaType = contentType === '' ? declared : contentType;
  return mediaType === undefined ? others : { ...others, [DATA_CONTENT_TYPE]: mediaType };
}

/** The headers of each known attribute, by its name, and those of the content type. */
function attributeHeaders(
  headers: Iterable<AttributeHeader>,
  prefix: string,
): Map<string, AttributeHeader[]> {
  const found = new Map<string, AttributeHeader[]>();
  for (const header of headers) {
    const name = header.name.toLowerCase();
    const attribute = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    const isRead =
      EVENT_ATTRIBUTES.has(attribute) || TRACE_ATTRIBUTES.has(attribute) || attribute === DATA_CONTENT_TYPE;
    const key = name === CONTENT_TYPE ? CONTENT_TYPE : isRead ? attribute : null;
    if (key === null) continue;
    const same = found.get(key);
    if (same) same.push(header);
    else found.set(key, [header]);
  }
  return found;
}

/** @throws {HeaderProblem} when the headers differ, or cannot be read. */
function textOf([first, ...others]: readonly AttributeHeader[], { decode }: HeaderBinding): string {
  if (first === undefined) return '';
  if (others.some(({ value }) => Buffer.compare(value, first.value) !== 0)) {
    throw new HeaderProblem(`The header ${first.name} stands more than once, with different values.`);
  }
  try {
    return decode(first.value);
  } catch (error) {
    if (!(error instanceof HeaderProblem)) throw error;
    throw new HeaderProblem(`The header ${first.name} cannot be read: ${error.message}`);
  }
}

/**
 * Decodes UTF-8 bytes, and keeps a byte order mark at the start.
 * @throws {HeaderProblem} when they are not UTF-8.
 */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HeaderProblem('its bytes are not UTF-8.');
  }
}
