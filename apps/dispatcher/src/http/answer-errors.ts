/** The server sent more than any answer needs, without an answer in it. */
export class NoAnswerInReadingError extends Error {
  override readonly name = 'NoAnswerInReadingError';

  constructor(readonly limitBytes: number) {
    super(`no answer within ${limitBytes} bytes`);
  }
}

/** The headers of an answer are longer than any answer needs. */
export class HeadersTooLongError extends Error {
  override readonly name = 'HeadersTooLongError';

  constructor(readonly limitBytes: number) {
    super(`headers of more than ${limitBytes} bytes`);
  }
}

/** The server's bytes are not an HTTP/1.1 answer. `problem` says why, in our own words, to follow a colon. */
export class InvalidAnswerError extends Error {
  override readonly name = 'InvalidAnswerError';

  constructor(readonly problem: string) {
    super(problem);
  }
}

/** The connection ended before an answer came. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
  readonly code = 'ECONNRESET';

  constructor() {
    super('the other side closed the connection');
  }
}
