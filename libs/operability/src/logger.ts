import type { LoggerService } from '@nestjs/common';
import { pino, stdSerializers } from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/** Fields that never get into a log, in any logged object. */
const REDACTED = ['secret', 'token', 'authorization', 'headers.authorization', 'sealedSecret', 'password'];

/** A structured logger of one service: JSON lines on standard output, times in ISO 8601. */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorForLog },
    redact: { paths: [...REDACTED, ...REDACTED.map((field) => `*.${field}`)], censor: '[redacted]' },
  });
}

/**
 * Fields of database drivers' errors that hold the statement's parameters: customers' data, sealed secrets,
 * hashes.
 */
const STATEMENT_FIELDS = new Set(['parameters', 'query', 'driverError', 'detail', 'where', 'internalQuery']);

/**
 * How many characters of each text of an error are logged: PostgreSQL's messages quote what it could not
 * read.
 */
const MAX_ERROR_CHARACTERS = 8_000;

/** An error as it is logged: without customers' data, and with texts of limited length. */
export function errorForLog(error: unknown): unknown {
  const serialized: unknown = stdSerializers.err(error as Error);
  if (typeof serialized !== 'object' || serialized === null) return serialized;
  const fields = Object.entries(serialized).filter(([field]) => !STATEMENT_FIELDS.has(field));
  return Object.fromEntries(fields.map(([field, value]: [string, unknown]) => [field, cut(value)]));
}

function cut(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= MAX_ERROR_CHARACTERS) return value;
  return `${value.slice(0, MAX_ERROR_CHARACTERS)}… (${value.length} characters)`;
}

/** Lets NestJS log through pino; Nest's own messages at the start become debug lines. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: rest.at(-1) }, String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    const error = message instanceof Error ? message : undefined;
    this.logger.error({ context: rest.at(-1), err: error }, error?.message ?? String(message));
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn({ context: rest.at(-1) }, String(message));
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: rest.at(-1) }, String(message));
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace({ context: rest.at(-1) }, String(message));
  }
}
