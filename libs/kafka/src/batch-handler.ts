import {
  applyDecorators,
  type ArgumentsHost,
  Catch,
  type RpcExceptionFilter,
  UseFilters,
} from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';

import type { OutgoingRecord } from './outgoing-record.js';
import type { ReceivedRecord } from './received-record.js';

/** Some records of one partition, in order, as a handler gets them. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ReceivedRecord[];
  /**
   * With completion by record: marks one record done, in any order. With commits by transaction, what came of it is
   * written in the transaction that says so; `records` may be given with no other.
   */
  done(offset: bigint, records?: readonly OutgoingRecord[]): void;
  /** With completion by record, before the handler returns: the records from `offset` on are handed over again, `ms` later. */
  putOff(offset: bigint, ms: number): void;
  /**
   * With commits by transaction: puts a record aside that cannot be handled, as its transport says, in the transaction that
   * says that it is done.
   */
  giveUp(offset: bigint, error: unknown): void;
  /** True when the partition was given to another copy meanwhile: what is not begun need not be. */
  isStale(): boolean;
}

/** Nest answers a handler's error with a message of its own; the transport needs the error itself to try again. */
@Catch()
class PassErrorOn implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Makes a method the handler of a topic's batches on one {@link BatchTransport}, which it names by its id, since a
 * service may read several topics with groups of their own. The method takes a {@link RecordBatch}.
 */
export function BatchHandler(topic: string, transport: symbol): MethodDecorator {
  return applyDecorators(EventPattern(topic, transport) as MethodDecorator, UseFilters(new PassErrorOn()));
}
