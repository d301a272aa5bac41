import { afterPoll } from './after-poll.js';
import { ConnectionLostError } from './answer-errors.js';
import type { AnswerHeaders } from './answer-head.js';
import { AnswerReader } from './answer-reader.js';
import { KEPT_BODY_BYTES } from './body-text.js';
import { Phases } from './phases.js';
import type { RequestBytes } from './request-bytes.js';

/**
 * How long to wait for the rest of a body once the headers are there, ms. The status is known, and the body
 * only adds text to the delivery log.
 */
const BODY_MS = 1_000;
/** How long to continue writing a request after the receiver has answered 2xx before it had all of it, ms. */
const WRITING_ON_MS = 5_000;

/** How much of an answer's body is wanted. */
export interface AnswerLimits {
  /** How long to wait for the rest of the body once the headers are there, ms. */
  readonly bodyMs: number;
  /** How many bytes of the body are stored. */
  readonly keptBytes: number;
}

const FOR_THE_LOG: AnswerLimits = { bodyMs: BODY_MS, keptBytes: KEPT_BODY_BYTES };

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The first bytes of the body, as they arrived: never decompressed. */
  readonly body: Buffer;
  /** True when the body is longer, or should have been. */
  readonly isCut: boolean;
}

/** What an exchange needs from its connection now. */
export type Wish = 'read on' | 'end' | 'close';

/**
 * One request and its answer. The answer is valid from the moment its head is there. If the body is then too
 * long, too slow or cut off, or the request is still being written, the exchange ends with the part that has
 * arrived.
 */
export class Exchange {
  readonly answer: Promise<Answer>;
  readonly phases = new Phases();
  /** True once a connection was open and the request was being sent. */
  wasSent = false;
  /** True once the whole request was given to the operating system. */
  isWritten = false;
  /** Called when the request is given to the operating system. */
  onSent: () => void = () => undefined;
  /** Ends the work of the present connection; the connection that carries the exchange sets this. */
  stop: (error: Error | null) => void = () => undefined;
  /** Called once, when the answer or its failure is known and the next exchange may begin. */
  onSettled: () => void = () => undefined;
  private resolve!: (answer: Answer) => void;
  private reject!: (error: Error) => void;
  private settled = false;
  private timer: NodeJS.Timeout | null = null;
  private readonly reader: AnswerReader;

  /** @param limits what is wanted of the body; by default what the delivery log keeps. */
  constructor(
    readonly request: RequestBytes,
    private readonly limits: AnswerLimits = FOR_THE_LOG,
  ) {
    this.reader = new AnswerReader(limits.keptBytes);
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.settled;
  }

  /** True as long as no byte has come back. */
  get heardNothing(): boolean {
    return this.reader.bytesRead === 0;
  }

  /**
   * How long the connection may stay idle now, ms: null when the server does not say, 0 when it must be
   * closed.
   */
  get mayStandMs(): number | null {
    return this.isWritten ? this.reader.mayStandMs : 0;
  }

  /** Ends the exchange now, in any state, and closes its connection. */
  giveUp(error: Error): void {
    if (this.settled) return;
    this.stop(error);
    this.settle(error);
  }

  /** Takes bytes from the server. */
  read(bytes: Buffer): Wish {
    this.phases.hears();
    try {
      this.reader.read(bytes);
    } catch (error) {
      this.settle(error as Error);
      return 'close';
    }
    return this.wish();
  }

  /** The server sends nothing more. */
  readEnd(): Wish {
    this.reader.end();
    return this.reader.isOver ? this.wish() : 'close';
  }

  /** The whole request was given to the operating system. */
  written(): Wish {
    this.isWritten = true;
    return this.wish();
  }

  /** The connection no longer carries the exchange, which ends with what has arrived. */
  lost(error: Error | null): void {
    this.stopWaiting();
    this.settle(error);
  }

  /** Ends the exchange: with the answer as far as it arrived, or else with the error. */
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
    this.timer ??= setTimeout(() => this.stopReading(), this.limits.bodyMs);
    if (!isKept) return 'read on';
    if (this.isWritten) this.settle(null);
    // Over TLS, Node reports that everything was written one turn late.
    else afterPoll(() => this.endUnwritten());
    return 'read on';
  }

  private endUnwritten(): void {
    if (this.isWritten) return;
    this.settle(null);
    if (!this.isAccepted) this.stop(null);
  }

  /**
   * A receiver that has refused wants no more of the request (RFC 9112, 9.5); one that has accepted reads on.
   */
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
