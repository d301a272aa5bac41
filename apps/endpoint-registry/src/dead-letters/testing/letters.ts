import { randomUUID } from 'node:crypto';

import { Topics } from '@skillora/contracts';
import { deadLetter, type RawHeader, type ReceivedRecord } from '@skillora/kafka';

import { type DeadLetter, readDeadLetter } from '../dead-letter.js';

/** A record as a consumer gets it. */
export function received(record: Partial<ReceivedRecord>): ReceivedRecord {
  return {
    key: record.rawKey?.toString() ?? null,
    rawKey: null,
    value: null,
    headers: {},
    rawHeaders: {},
    headerList: [],
    offset: 0n,
    timestamp: 0,
    ...record,
  };
}

/** What is refused, and how. */
export interface Refused {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly RawHeader[];
  readonly reason?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly refusedAt?: number;
}

/** The headers of a dead letter as our services write them. */
export function letterHeaders({
  key = null,
  value = null,
  headers = [],
  reason = 'invalid_data',
}: Refused): readonly RawHeader[] {
  const record = received({
    rawKey: key,
    value,
    headerList: headers,
    offset: 7n,
    timestamp: 1_700_000_000_000,
  });
  const place = { topic: Topics.interviewCompletions, partition: 2 };
  return deadLetter(Topics.interviewCompletionsDeadLetter, record, place, { reason, detail: 'It is wrong.' })
    .headers as readonly RawHeader[];
}

/** A dead letter as it is read. */
export function letter(refused: Refused = {}): DeadLetter {
  const { key = null, value = null, partition = 0, offset = 0, refusedAt = 1_700_000_001_000 } = refused;
  const record = received({
    rawKey: key,
    value,
    headerList: letterHeaders(refused),
    offset: BigInt(offset),
    timestamp: refusedAt,
  });
  return readDeadLetter(record, partition);
}

/** A CloudEvent in structured mode. */
export function structured(organizationId: string, id: string = randomUUID()): Buffer {
  const data = { interview_id: 'i-1', candidate_id: 'c-1', job_id: 'j-1', status: 'completed' };
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id,
      source: '/services/interviews',
      type: 'interview_completed',
      time: '2026-01-15T14:30:00Z',
      organizationid: organizationId,
      data,
    }),
  );
}
