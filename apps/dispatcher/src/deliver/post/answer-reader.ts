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

/** How much of an answer's body is read before its connection is closed, in bytes. */
export const MAX_BODY_BYTES = 65_536;
/** How long the headers of an answer may be, in bytes. */
export const MAX_HEADER_BYTES = 16_384;
/**
 * How much is read for one answer at all, in bytes. The limits of headers and body leave out what can go on without end
 * around them: informational answers, chunks of a byte, their extensions, trailers.
 */
export const MAX_READ_BYTES = 262_144;

const LINE_FEED = 0x0a;
/** So much of a line tells whether it may be a status line. */
const BEGINNING_LENGTH = 32;
const NOTHING = Buffer.alloc(0);

type Part = 'head' | 'body' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers' | 'over';

/**
 * Reads one final answer out of the bytes a server sends, in whatever pieces they come. Informational answers before it
 * are passed over (RFC 9110, 15.2). What its head says holds from then on, whatever befalls the body.
 */
export class AnswerReader {
  /** The final answer's head, once it is there. */
  head: AnswerHead | null = null;
  /** Bytes given to it. */
  bytesRead = 0;
  private framing: Framing = { kind: 'end' };
  private part: Part = 'head';
  private line = '';
  private statusLine: StatusLine | null = null;
  private headerLines: string[] = [];
  private headerBytes = 0;
  /** What is left of the body or of its chunk, in bytes. */
  private left = 0;
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  private bodyBytes = 0;
  private hasExcess = false;

  /** True once the whole of the answer was read. */
  get isOver(): boolean {
    return this.part === 'over';
  }

  /** True once nothing more of the answer is kept. */
  get isKept(): boolean {
    return this.isOver || this.keptBytes === KEPT_BODY_BYTES;
  }

  /** The first {@link KEPT_BODY_BYTES} of the body, as far as they came: never decompressed. */
  get body(): Buffer {
    return this.kept.length === 1 && this.kept[0] ? this.kept[0] : Buffer.concat(this.kept, this.keptBytes);
  }

  /** True when the body went on behind what is kept, or should have. */
  get isCut(): boolean {
    return !this.isOver || this.bodyBytes > this.keptBytes;
  }

  /** How long the connection may stand idle, ms: null where the server does not say, 0 where it may not stand. */
  get mayStandMs(): number | null {
    if (!this.head || !this.isOver || this.hasExcess || !persists(this.head, this.framing)) return 0;
    return keepAliveMs(this.head);
  }

  /**
   * Reads on.
   * @throws {InvalidAnswerError} {@link HeadersTooLongError} {@link NoAnswerInReadingError} when no more can be read; the
   * answer stands all the same where its head is there.
   */
  read(bytes: Buffer): void {
    this.bytesRead += bytes.length;
    let rest = bytes;
    while (rest.length > 0 && !this.isOver) {
      rest = this.part === 'body' || this.part === 'chunk' ? this.readBody(rest) : this.readLine(rest);
    }
    if (rest.length > 0) this.hasExcess = true;
    if (this.bytesRead > MAX_READ_BYTES && !this.isOver) throw new NoAnswerInReadingError(MAX_READ_BYTES);
  }

  /** Tells that the server sends nothing any more, which is the end of some answers. */
  end(): void {
    if (this.head && this.framing.kind === 'end') this.part = 'over';
  }

  private readBody(bytes: Buffer): Buffer {
    const length = Math.min(bytes.length, this.left);
    this.keep(bytes.subarray(0, length));
    this.left -= length;
    if (this.left === 0) this.part = this.part === 'chunk' ? 'chunk end' : 'over';
    if (this.bodyBytes > MAX_BODY_BYTES) throw new NoAnswerInReadingError(MAX_BODY_BYTES);
    return bytes.subarray(length);
  }

  private keep(part: Buffer): void {
    this.bodyBytes += part.length;
    if (this.keptBytes === KEPT_BODY_BYTES) return;
    // Copied, because a slice would hold the whole network buffer it lies in.
    const kept = Buffer.from(part.subarray(0, KEPT_BODY_BYTES - this.keptBytes));
    this.kept.push(kept);
    this.keptBytes += kept.length;
  }

  /** Lines end with a line feed, and a carriage return before it counts for nothing (RFC 9112, 2.2). */
  private readLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(LINE_FEED);
    this.line += bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
    const isHeader = this.statusLine !== null && this.part === 'head';
    if (isHeader && this.headerBytes + this.line.length > MAX_HEADER_BYTES) {
      throw new HeadersTooLongError(MAX_HEADER_BYTES);
    }
    if (end < 0) {
      if (this.part === 'head' && !isHeader) checkBeginning(this.line.slice(0, BEGINNING_LENGTH));
      return NOTHING;
    }
    const line = this.line.endsWith('\r') ? this.line.slice(0, -1) : this.line;
    if (isHeader) this.headerBytes += this.line.length + 1;
    this.line = '';
    this.takeLine(line);
    return bytes.subarray(end + 1);
  }

  private takeLine(line: string): void {
    if (this.part === 'head') {
      if (this.statusLine) this.takeHeader(this.statusLine, line);
      else if (line !== '') this.statusLine = readStatusLine(line);
    } else if (this.part === 'chunk size') this.takeChunkSize(line);
    else if (this.part === 'chunk end') {
      if (line !== '') throw new InvalidAnswerError('one of its chunks is longer than it says');
      this.part = 'chunk size';
    } else if (line === '') this.part = 'over';
  }

  private takeHeader(statusLine: StatusLine, line: string): void {
    if (line !== '') {
      this.headerLines.push(line);
      return;
    }
    const head = { ...statusLine, headers: readHeaders(this.headerLines) };
    this.statusLine = null;
    this.headerLines = [];
    this.headerBytes = 0;
    if (head.status === 101) throw new InvalidAnswerError('it changes to another protocol, unasked');
    if (head.status < 200) return;
    const framing = framingOf(head);
    this.head = head;
    this.framing = framing;
    if (framing.kind === 'chunks') this.part = 'chunk size';
    else {
      this.left = framing.kind === 'length' ? framing.bytes : Infinity;
      this.part = this.left === 0 ? 'over' : 'body';
    }
  }

  private takeChunkSize(line: string): void {
    const [, digits] = /^([\da-f]+)[\t ]*(?:;|$)/i.exec(line) ?? [];
    const size = Number.parseInt(digits ?? '', 16);
    if (!Number.isSafeInteger(size)) throw new InvalidAnswerError('one of its chunks has no size');
    this.left = size;
    this.part = size === 0 ? 'trailers' : 'chunk';
  }
}
