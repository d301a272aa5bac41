import type { Socket } from 'node:net';

import type { Dispatcher } from 'undici';

import { KEPT_BODY_BYTES } from './body-text.js';
import { NoAnswerInReadingError } from './classify-failure.js';
import type { Connection } from './connection.js';

/** How much of an answer's body is read before its connection is closed, in bytes. */
export const MAX_BODY_BYTES = 65_536;

/**
 * How much is read for an exchange at all, in bytes. The limits of headers and body leave out what can go on without end
 * around them: informational answers, chunks of a byte, their extensions, trailers.
 */
export const MAX_READ_BYTES = 262_144;

/** Headers by their names in lower case; one that came several times is an array. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The first {@link KEPT_BODY_BYTES} of the body, as they came: never decompressed. */
  readonly body: Buffer;
  /** True when the body went on, or should have. */
  readonly isCut: boolean;
}

/**
 * One request and its answer. The answer stands with its status: what befalls the body afterwards (too long, too slow,
 * cut off) ends the exchange and leaves the answer with what had come.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>;
  private resolve!: (answer: Answer) => void;
  private reject!: (error: Error) => void;
  private ended: Error | 'answered' | null = null;

  private connection: Connection | null = null;
  private controller: Dispatcher.DispatchController | null = null;
  private socket: Socket | null = null;
  private wentOverUsedSocket = false;
  private bytesReadBefore = 0;

  private status: number | null = null;
  private headers: AnswerHeaders = {};
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  private bodyBytes = 0;

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** True once a connection stands and the request is on its way. */
  get wasSent(): boolean {
    return this.controller !== null;
  }

  /**
   * True if the request went over a connection that had stood idle and not one byte came back over it: the receiver most
   * likely had closed it already, before it could see the request (RFC 9112, 9.3.1).
   */
  get metStaleConnection(): boolean {
    return this.wentOverUsedSocket && this.socket?.bytesRead === this.bytesReadBefore;
  }

  /** Tells over which connection the exchange goes, whether it stands already or not. */
  goesOver(connection: Connection): void {
    this.connection = connection;
  }

  /** Ends the exchange now, wherever it stands, and its connection with it. */
  giveUp(error: Error): void {
    if (this.ended !== null) return;
    this.fail(error);
    if (this.controller) this.controller.abort(error);
    else this.connection?.stopOpening(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.ended instanceof Error) {
      controller.abort(this.ended);
      return;
    }
    const { connection } = this;
    this.socket = connection?.socket ?? null;
    this.bytesReadBefore = this.socket?.bytesRead ?? 0;
    this.wentOverUsedSocket = connection?.isUsed ?? false;
    if (connection) {
      connection.isUsed = true;
      connection.carries = this;
    }
  }

  /** Tells how many bytes the exchange's socket has been sent since it stands; too many end the exchange. */
  hasBeenSent(bytes: number): void {
    if (bytes - this.bytesReadBefore > MAX_READ_BYTES)
      this.giveUp(new NoAnswerInReadingError(MAX_READ_BYTES));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bodyBytes += chunk.length;
    if (this.keptBytes < KEPT_BODY_BYTES) {
      // Copied, because a slice would hold the whole network buffer it lies in.
      const part = Buffer.from(chunk.subarray(0, KEPT_BODY_BYTES - this.keptBytes));
      this.kept.push(part);
      this.keptBytes += part.length;
    }
    if (this.bodyBytes > MAX_BODY_BYTES) {
      this.succeed(true);
      controller.abort(new Error(`the body exceeds ${MAX_BODY_BYTES} bytes`));
    }
  }

  onResponseEnd(): void {
    this.succeed(this.bodyBytes > this.keptBytes);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(error);
  }

  private fail(error: Error): void {
    if (this.status !== null) {
      this.succeed(true);
      return;
    }
    this.ended ??= error;
    this.reject(error);
  }

  private succeed(isCut: boolean): void {
    if (this.ended !== null || this.status === null) return;
    this.ended = 'answered';
    this.resolve({
      status: this.status,
      headers: this.headers,
      body: Buffer.concat(this.kept, this.keptBytes),
      isCut,
    });
  }
}
