import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

import { READING } from '../database/reading.js';
import { BUCKET_WIDTHS } from '../projection/attempt-buckets.js';
import { DURATION_CLASSES } from '../projection/duration-histogram.js';
import { INTERVALS, type StatisticsRequest } from './statistics-request.js';

/** Attempts that are counted together. */
export interface Count {
  readonly success: number;
  readonly retrying: number;
  readonly failed: number;
  /** The number of attempts in each class of durations. */
  readonly durations: readonly number[];
}

export interface BucketCount extends Count {
  /** ms since the epoch. */
  readonly start: number;
}

export interface EndpointCount extends BucketCount {
  readonly endpointId: string;
}

/** An organisation has few endpoints; if it has very many, those with the most failures are shown. */
const MAX_ENDPOINTS = 200;

/** Durations come as text: the driver would need most of the time of an answer to read them as arrays. */
const SUMS = `
  sum(success)::float8 AS success, sum(retrying)::float8 AS retrying, sum(failed)::float8 AS failed,
  ARRAY[${Array.from({ length: DURATION_CLASSES }, (_, index) => `sum(durations[${index + 1}])`).join(', ')}]::text AS durations`;

/** Reads the attempt counts of one organisation. */
@Injectable()
export class StatisticsQueries {
  constructor(@InjectDataSource(READING) private readonly dataSource: DataSource) {}

  /** The buckets that have attempts, oldest first. */
  async buckets(organizationId: string, request: StatisticsRequest): Promise<BucketCount[]> {
    const { text, parameters } = counted(organizationId, request);
    const rows = await this.dataSource.query<Row[]>(
      `SELECT bucket, ${SUMS} FROM (${text}) AS counted GROUP BY bucket ORDER BY bucket`,
      parameters,
    );
    return rows.map(toCount);
  }

  /** The buckets of each endpoint that have attempts; endpoints with the most failures first. */
  async bucketsByEndpoint(organizationId: string, request: StatisticsRequest): Promise<EndpointCount[]> {
    const { text, parameters } = counted(organizationId, request);
    // A bucket of a minute or an hour is one row of its endpoint; nothing is to be added up.
    const isStored = request.interval !== 'day';
    const rows = await this.dataSource.query<(Row & { endpoint_id: string })[]>(
      `WITH counted AS (${text}),
            shown AS (SELECT endpoint_id, sum(failed) AS lost, sum(retrying) AS troubled FROM counted GROUP BY endpoint_id
                       ORDER BY lost DESC, troubled DESC, endpoint_id LIMIT ${MAX_ENDPOINTS})
       SELECT endpoint_id, bucket, ${isStored ? 'success, retrying, failed, durations::text' : SUMS}
         FROM counted JOIN shown USING (endpoint_id)
        ${isStored ? '' : 'GROUP BY endpoint_id, bucket, lost, troubled'}
        ORDER BY lost DESC, troubled DESC, endpoint_id, bucket`,
      parameters,
    );
    return rows.map((row) => ({ ...toCount(row), endpointId: row.endpoint_id }));
  }
}

interface Row {
  readonly bucket: Date;
  readonly success: number;
  readonly retrying: number;
  readonly failed: number;
  /** An array of whole numbers as PostgreSQL writes it. */
  readonly durations: string;
}

function toCount({ bucket, success, retrying, failed, durations }: Row): BucketCount {
  return { start: bucket.getTime(), success, retrying, failed, durations: wholeNumbers(durations) };
}

const ZERO = 48;
const NINE = 57;

/** The numbers in a text like `{1,20,0}`. */
export function wholeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let number = 0;
  let isInNumber = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      number = number * 10 + (code - ZERO);
      isInNumber = true;
    } else if (isInNumber) {
      numbers.push(number);
      number = 0;
      isInNumber = false;
    }
  }
  return numbers;
}

/** The stored buckets that a request covers, each with the bucket of the answer that it belongs to. */
function counted(
  organizationId: string,
  { interval, since, until, endpointId }: StatisticsRequest,
): { text: string; parameters: unknown[] } {
  const width = interval === 'minute' ? BUCKET_WIDTHS.minute : BUCKET_WIDTHS.hour;
  return {
    text: `SELECT date_bin(make_interval(secs => $2), start, '1970-01-01T00:00:00Z') AS bucket, endpoint_id, success, retrying,
                  failed, durations
             FROM attempt_buckets
            WHERE organization_id = $1 AND width = $3 AND start >= $4 AND start < $5
              ${endpointId === undefined ? '' : 'AND endpoint_id = $6'}`,
    parameters: [
      organizationId,
      INTERVALS[interval] / 1_000,
      width,
      new Date(since),
      new Date(until),
      ...(endpointId === undefined ? [] : [endpointId]),
    ],
  };
}
