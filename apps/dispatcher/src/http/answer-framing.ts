import { InvalidAnswerError } from './answer-errors.js';
import { type AnswerHead, listOf } from './answer-head.js';

/** Where the body of an answer ends. */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunks' }
  /** At the end of the connection. */
  | { readonly kind: 'end' };

/**
 * How much of a receiver's `Keep-Alive: timeout=` is left unused, ms, so that its close and our next request
 * do not cross.
 */
const MARGIN_MS = 1_000;

/**
 * Decides where the body of an answer to a POST ends (RFC 9112, 6.3). Equal lengths count as one. An
 * ambiguous head is refused, because a reader that chose the wrong end would read a forged answer behind it.
 * @throws {InvalidAnswerError} when the head contradicts itself.
 */
export function framingOf(head: AnswerHead): Framing {
  const { status, headers } = head;
  if (hasNoBody(status)) return { kind: 'length', bytes: 0 };
  const lengths = listOf(headers, 'content-length');
  const codings = listOf(headers, 'transfer-encoding').map((coding) => coding.toLowerCase());
  // A length beside a transfer coding is ignored (RFC 9112, 6.3).
  if (codings.length > 0) return codings.at(-1) === 'chunked' ? { kind: 'chunks' } : { kind: 'end' };
  if (headers['content-length'] === undefined) return { kind: 'end' };
  const [length = ''] = lengths;
  const bytes = Number(length);
  if (!/^\d+$/.test(length) || !Number.isSafeInteger(bytes)) {
    throw new InvalidAnswerError('its Content-Length is no number of bytes');
  }
  if (lengths.some((other) => other !== length)) {
    throw new InvalidAnswerError('it has several Content-Length headers that differ');
  }
  return { kind: 'length', bytes };
}

const hasNoBody = (status: number): boolean => status < 200 || status === 204 || status === 304;

/**
 * Whether an answer without a body announces one all the same. Some servers then send it later, when nobody
 * can tell whether it belongs to this answer or to the next.
 */
function announcesBodyInVain({ status, headers }: AnswerHead): boolean {
  if (!hasNoBody(status)) return false;
  return (
    listOf(headers, 'transfer-encoding').length > 0 ||
    listOf(headers, 'content-length').some((length) => length !== '0')
  );
}

/** Whether the connection may stay open after this answer, judged by its head (RFC 9112, 9.3). */
export function persists(head: AnswerHead, { kind }: Framing): boolean {
  const { version, headers } = head;
  if (kind === 'end' || announcesBodyInVain(head)) return false;
  // With other codings or a length beside the chunks, sender and reader may disagree about the end (RFC 9112,
  // 6.1).
  if (kind === 'chunks' && listOf(headers, 'transfer-encoding').length > 1) return false;
  if (kind === 'chunks' && headers['content-length'] !== undefined) return false;
  const options = listOf(headers, 'connection').map((option) => option.toLowerCase());
  if (options.includes('close')) return false;
  // HTTP/1.0 has no chunks, so the end that they mark is not reliable (RFC 9112, 6.1).
  return /^1\.[1-9]$/.test(version) || (kind === 'length' && options.includes('keep-alive'));
}

/** How long the receiver promises to keep the idle connection open, ms; null when it does not say. */
export function keepAliveMs({ headers }: AnswerHead): number | null {
  for (const parameter of listOf(headers, 'keep-alive')) {
    const [, seconds] = /^timeout *= *"?(\d+)"?$/i.exec(parameter) ?? [];
    if (seconds !== undefined) return Math.max(0, Number(seconds) * 1_000 - MARGIN_MS);
  }
  return null;
}
