import { HeadersTooLongError, InvalidAnswerError, NoAnswerInReadingError } from './answer-errors.js';
import { type Framing, framingOf, keepAliveMs, persists } from './answer-framing.js';
import {
  type AnswerHead,
  checkBeginning,
  readHeaders,
  readStatusLine,
  type StatusLine,
} from './answer-head.js';
import { KEPT_BODY_BYTES } from './body-text.js';

/** How many bytes of an answer's body are read before its connection is closed. */
export const MAX_BODY_BYTES = 65_536;
/** The maximum length of an answer's headers, and of its status line, in bytes. */
export const MAX_HEADER_BYTES = 16_384;
/**
 * The maximum number of bytes read for one answer. The limits of headers and body do not cover what can
 * repeat without end around them: informational answers, one-byte chunks, chunk extensions, trailers.
 */
export const MAX_READ_BYTES = 262_144;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** This much of a line is enough to know whether it may be a status line. */
const BEGINNING_LENGTH = 32;

type Part = 'head' | 'body' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers' | 'over';

/**
 * Reads one final answer from a server's bytes, in pieces of any size. Informational answers before it are
 * skipped (RFC 9110, 15.2). Once the head is read, its content is final, whatever happens to the body.
 */
export class AnswerReader {
  /** The head of the final answer, once it has been read. */
  head: AnswerHead | null = null;
  /** The number of bytes that were given to it. */
  bytesRead = 0;
  private framing: Framing = { kind: 'end' };
  private part: Part = 'head';
  private line = '';
  private statusLine: StatusLine | null = null;
  private headerLines: string[] = [];
  private headerBytes = 0;
  /** How many bytes are left of the body or of its chunk. */
  private left = 0;
  private sizeDigits = 0;
  private isSizeRead = false;
  private isTrailer = false;
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  private bodyBytes = 0;
  private hasExcess = false;

  /** @param mostKept how many bytes of the body are stored. */
  constructor(private readonly mostKept: number = KEPT_BODY_BYTES) {}

  /** True once the whole answer was read. */
  get isOver(): boolean {
    return this.part === 'over';
  }

  /** True once nothing more of the answer is stored. */
  get isKept(): boolean {
    return this.isOver || this.keptBytes === this.mostKept;
  }

  /** The bytes of the body that are stored, as far as they arrived: never decompressed. */
  get body(): Buffer {
    return this.kept.length === 1 && this.kept[0] ? this.kept[0] : Buffer.concat(this.kept, this.keptBytes);
  }

  /** True when the body is longer than what is stored, or should have been. */
  get isCut(): boolean {
    return !this.isOver || this.bodyBytes > this.keptBytes;
  }

  /**
   * How long the connection may stay idle, ms: null when the server does not say, 0 when it must be closed.
   */
  get mayStandMs(): number | null {
    if (!this.head || !this.isOver || this.hasExcess || !persists(this.head, this.framing)) return 0;
    return keepAliveMs(this.head);
  }

  /**
   * Reads further bytes.
   * @throws {InvalidAnswerError} {@link HeadersTooLongError} {@link NoAnswerInReadingError} when no more can
   * be read; if the head was already read, the answer is still valid.
   */
  read(bytes: Buffer): void {
    this.bytesRead += bytes.length;
    let at = 0;
    while (at < bytes.length && this.part !== 'over') at = this.step(bytes, at);
    if (at < bytes.length) this.hasExcess = true;
    if (this.bytesRead > MAX_READ_BYTES && !this.isOver) throw new NoAnswerInReadingError(MAX_READ_BYTES);
  }

  /** The server sends nothing more; this is the end of some answers. */
  end(): void {
    if (this.head && this.framing.kind === 'end') this.part = 'over';
  }

  /** Reads some of the bytes from `at` on. @returns where to continue. */
  private step(bytes: Buffer, at: number): number {
    switch (this.part) {
      case 'head':
        return this.statusLine || this.line ? this.readHeadLine(bytes, at) : this.readBeginning(bytes, at);
      case 'chunk size':
        return this.readChunkSize(bytes, at);
      case 'chunk end':
        return this.readChunkEnd(bytes, at);
      case 'trailers':
        return this.readTrailers(bytes, at);
      default:
        return this.readBody(bytes, at);
    }
  }

  /** Skips empty lines before the status line. */
  private readBeginning(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && isLineEnd(bytes[at])) at += 1;
    return at < bytes.length ? this.readHeadLine(bytes, at) : at;
  }

  private readHeadLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LINE_FEED, at);
    // The line is checked only once: each check joins the pieces of the string, which may be single bytes.
    const hasBegun = this.line.length >= BEGINNING_LENGTH;
    this.line += bytes.toString('latin1', at, end < 0 ? bytes.length : end);
    if (!this.statusLine && !hasBegun) checkBeginning(this.line.slice(0, BEGINNING_LENGTH));
    if (this.headerBytes + this.line.length > MAX_HEADER_BYTES) {
      throw new HeadersTooLongError(MAX_HEADER_BYTES);
    }
    if (end < 0) return bytes.length;
    const line = this.line.endsWith('\r') ? this.line.slice(0, -1) : this.line;
    if (!this.statusLine) this.statusLine = readStatusLine(line);
    else if (line === '') this.takeHead(this.statusLine);
    else {
      this.headerBytes += this.line.length + 1;
      this.headerLines.push(line);
    }
    this.line = '';
    return end + 1;
  }

  private takeHead(statusLine: StatusLine): void {
    const lines = this.headerLines;
    this.statusLine = null;
    this.headerLines = [];
    this.headerBytes = 0;
    if (statusLine.status === 101) throw new InvalidAnswerError('it changes to another protocol, unasked');
    if (statusLine.status < 200) return;
    const head = { ...statusLine, headers: readHeaders(lines) };
    const framing = framingOf(head);
    this.head = head;
    this.framing = framing;
    if (framing.kind === 'chunks') {
      this.part = 'chunk size';
      return;
    }
    this.left = framing.kind === 'length' ? framing.bytes : Infinity;
    this.part = this.left === 0 ? 'over' : 'body';
  }

  private readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.left);
    this.keep(bytes, at, end);
    this.left -= end - at;
    if (this.left === 0) this.part = this.part === 'chunk' ? 'chunk end' : 'over';
    if (this.bodyBytes > MAX_BODY_BYTES) throw new NoAnswerInReadingError(MAX_BODY_BYTES);
    return end;
  }

  private keep(bytes: Buffer, from: number, to: number): void {
    this.bodyBytes += to - from;
    if (this.keptBytes === this.mostKept) return;
    // Copied, because a slice would keep the whole network buffer in memory.
    const kept = Buffer.from(bytes.subarray(from, Math.min(to, from + this.mostKept - this.keptBytes)));
    this.kept.push(kept);
    this.keptBytes += kept.length;
  }

  /** Byte by byte, since a chunk may hold a single byte. */
  private readChunkSize(bytes: Buffer, from: number): number {
    let at = from;
    while (!this.isSizeRead && at < bytes.length) {
      const digit = hexDigit(bytes[at]);
      if (digit < 0) this.isSizeRead = true;
      else {
        this.left = this.left * 16 + digit;
        this.sizeDigits += 1;
        at += 1;
      }
    }
    if (!this.isSizeRead) return at;
    if (this.sizeDigits === 0 || !Number.isSafeInteger(this.left)) {
      throw new InvalidAnswerError('one of its chunks has no size');
    }
    const end = bytes.indexOf(LINE_FEED, at);
    if (end < 0) return bytes.length;
    this.part = this.left === 0 ? 'trailers' : 'chunk';
    this.isSizeRead = false;
    this.sizeDigits = 0;
    return end + 1;
  }

  private readChunkEnd(bytes: Buffer, at: number): number {
    if (!isLineEnd(bytes[at])) throw new InvalidAnswerError('one of its chunks is longer than it says');
    if (bytes[at] === LINE_FEED) this.part = 'chunk size';
    return at + 1;
  }

  /** Trailers are ignored; the empty line behind them is the end. */
  private readTrailers(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LINE_FEED, at);
    const length = (end < 0 ? bytes.length : end) - at;
    if (length > 1 || (length === 1 && bytes[at] !== CARRIAGE_RETURN)) this.isTrailer = true;
    if (end < 0) return bytes.length;
    if (!this.isTrailer) this.part = 'over';
    this.isTrailer = false;
    return end + 1;
  }
}

const isLineEnd = (byte: number | undefined): boolean => byte === LINE_FEED || byte === CARRIAGE_RETURN;

/** @returns -1 for a character that is not a hexadecimal digit. */
function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
