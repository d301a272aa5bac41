import {
  applyDecorators,
  type ArgumentsHost,
  Catch,
  type RpcExceptionFilter,
  UseFilters,
} from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';

import type { OutgoingRecord } from '../records/outgoing-record.js';
import type { ReceivedRecord } from '../records/received-record.js';

/** Some records of one partition, in order, as a handler gets them. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ReceivedRecord[];
  /**
   * With completion by record: marks one record as processed, in any order. With commits by transaction: the
   * outgoing records are written in the transaction that commits it. `records` may only be given with commits
   * by transaction.
   */
  ack(offset: bigint, records?: readonly OutgoingRecord[]): void;
  /**
   * With completion by record, before the handler returns: hands over the records from `offset` on again,
   * `ms` later.
   */
  pauseAt(offset: bigint, ms: number): void;
  /**
   * With commits by transaction: puts a record that cannot be handled aside, as its transport is configured,
   * in the transaction that commits it.
   */
  giveUp(offset: bigint, error: unknown): void;
  /**
   * True when another instance owns the partition by now: work that has not begun need not begin.
   * @param offset of a record that was not acknowledged: true as well if another instance has processed it.
   */
  isStale(offset?: bigint): boolean;
}

/** Nest replaces a handler's error by its own message; the transport needs the error itself to retry. */
@Catch()
class PassErrorOn implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Makes a method the handler of a topic's batches on one {@link BatchTransport}. The transport is named by
 * its id, because a service may read several topics with different groups. The method takes a {@link
 * RecordBatch}.
 */
export function BatchHandler(topic: string, transport: symbol): MethodDecorator {
  return applyDecorators(EventPattern(topic, transport) as MethodDecorator, UseFilters(new PassErrorOn()));
}
