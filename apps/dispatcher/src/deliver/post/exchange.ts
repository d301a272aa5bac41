import { afterPoll } from './after-poll.js';
import { ConnectionLostError } from './answer-errors.js';
import type { AnswerHeaders } from './answer-head.js';
import { AnswerReader } from './answer-reader.js';
import type { RequestBytes } from './request-bytes.js';

/**
 * How long the rest of a body is waited for once the headers are there, ms. The status is known, and all that a body can
 * add is a line in the log.
 */
const BODY_MS = 1_000;
/** How long a request is still written whose receiver has said yes before it had the whole of it, ms. */
const WRITING_ON_MS = 5_000;

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The first 4 KiB of the body, as they came: never decompressed. */
  readonly body: Buffer;
  /** True when the body went on, or should have. */
  readonly isCut: boolean;
}

/** What an exchange wants of its connection now. */
export type Wish = 'read on' | 'end' | 'close';

/**
 * One request and its answer. The answer counts from the moment its head is there: what befalls the body afterwards (too
 * long, too slow, cut off), or the request that is still being written, ends the exchange and leaves the answer with what
 * had come.
 */
export class Exchange {
  readonly answer: Promise<Answer>;
  /** True once a connection stood and the request was on its way. */
  wasSent = false;
  /** True once the whole request was given to the system. */
  isWritten = false;
  /** Ends what carries the exchange, wherever it stands; whoever carries it sets this. */
  stop: (error: Error | null) => void = () => undefined;
  /** Called once, when the answer or its failure is known and the next may begin. */
  onSettled: () => void = () => undefined;
  private resolve!: (answer: Answer) => void;
  private reject!: (error: Error) => void;
  private settled = false;
  private timer: NodeJS.Timeout | null = null;
  private readonly reader = new AnswerReader();

  constructor(readonly request: RequestBytes) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.settled;
  }

  /** True as long as not one byte has come back. */
  get heardNothing(): boolean {
    return this.reader.bytesRead === 0;
  }

  /** How long the connection may stand idle now, ms: null where the server does not say, 0 where it may not stand. */
  get mayStandMs(): number | null {
    return this.isWritten ? this.reader.mayStandMs : 0;
  }

  /** Ends the exchange now, wherever it stands, and its connection with it. */
  giveUp(error: Error): void {
    if (this.settled) return;
    this.stop(error);
    this.settle(error);
  }

  /** Takes bytes of the server. */
  read(bytes: Buffer): Wish {
    try {
      this.reader.read(bytes);
    } catch (error) {
      this.settle(error as Error);
      return 'close';
    }
    return this.wish();
  }

  /** Tells that the server sends nothing any more. */
  readEnd(): Wish {
    this.reader.end();
    return this.reader.isOver ? this.wish() : 'close';
  }

  /** Tells that the whole request was given to the system. */
  written(): Wish {
    this.isWritten = true;
    return this.wish();
  }

  /** Tells that the connection carries the exchange no more, which ends with what there is. */
  lost(error: Error | null): void {
    this.stopWaiting();
    this.settle(error ?? new ConnectionLostError());
  }

  /** Ends the exchange: with the answer as far as it came, or else with the error. */
  settle(error: Error | null): void {
    if (this.settled) return;
    const { head, body, isCut } = this.reader;
    if (head) this.resolve({ status: head.status, headers: head.headers, body, isCut });
    else this.reject(error ?? new ConnectionLostError());
    this.settled = true;
    this.onSettled();
  }

  private wish(): Wish {
    const { head, isOver, isKept } = this.reader;
    if (!head) return 'read on';
    if (isOver && this.isWritten) {
      this.stopWaiting();
      return 'end';
    }
    this.timer ??= setTimeout(() => this.stopReading(), BODY_MS);
    if (!isKept) return 'read on';
    if (this.isWritten) this.settle(null);
    // Over TLS, word that all was written comes a turn later than it was.
    else afterPoll(() => this.endUnwritten());
    return 'read on';
  }

  private endUnwritten(): void {
    if (this.isWritten) return;
    this.settle(null);
    if (!this.isAccepted) this.stop(null);
  }

  /** A receiver that has refused wants no more of the request (RFC 9112, 9.5); one that has accepted reads on. */
  private get isAccepted(): boolean {
    return this.reader.head !== null && this.reader.head.status < 300;
  }

  private stopReading(): void {
    this.settle(null);
    if (this.isWritten || !this.isAccepted) this.stop(null);
    else this.timer = setTimeout(() => this.stop(null), WRITING_ON_MS);
  }

  private stopWaiting(): void {
    if (this.timer) clearTimeout(this.timer);
  }
}
