import { randomUUID } from 'node:crypto';

import {
  canonicalEventSchema,
  endpointsLookSchema,
  type EndpointState,
  recordHeaders,
  Topics,
} from '@skillora/contracts';
import type { OutgoingRecord, ReceivedRecord, RecordBatch } from '@skillora/kafka';
import { createLogger, type Logger, NO_TRACER, type Tracer } from '@skillora/operability';
import { register } from 'prom-client';

import type { BatchedRecord } from '../../batched-record.js';
import type { Clock } from '../../clock.js';
import type { ReadDelivery } from '../../deliver/deliver-ports.js';
import { DedupeWindow } from '../../fan-out/dedupe-window.js';
import { FanOutTelemetry } from '../../fan-out/fan-out-telemetry.js';
import { waitingIn } from '../../queues/backlog.js';
import { anyEvent } from '../../testing/any-event.js';
import { Holdings } from '../holdings.js';
import type { TakenOver } from '../takeover.js';
import { UnitHost } from '../unit-host.js';
import type { UnitRecord } from '../unit-record.js';

/** The trace of its events. */
export const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
/** Offered among events, a record that says to look at the endpoints. */
export const LOOK = Buffer.from('{}');
/** The endpoint that it has if no others are given. */
export const endpoint = {
  id: randomUUID(),
  organizationId: 'o',
  version: 3,
  isActive: true,
} as EndpointState;

/** What may differ from unit to unit. */
export interface UnitOptions {
  /** The value that Kafka refuses for good. */
  readonly refused?: string;
  /** Whether Kafka refuses a record for good. */
  readonly refuses?: (record: OutgoingRecord) => boolean;
  readonly endpoints?: readonly EndpointState[];
  /** Whether it may take its ledger over again. */
  readonly mayOpen?: boolean;
  /** Larger bodies are named. */
  readonly largestCopied?: number;
  readonly logger?: Logger;
  readonly tracer?: Tracer;
  /** Reads the endpoints to their end. */
  readonly caughtUp?: () => Promise<void>;
  /** What a former owner has told. */
  readonly told?: TakenOver['told'];
  /** How many pieces of work wait for the instance, which may attempt one at once. */
  readonly waiting?: () => number;
  /** A clock that its test moves. By default time stands still. */
  readonly clock?: Clock;
}

const STANDING_STILL: Clock = {
  now: () => 0,
  monotonic: () => 0,
  after: (ms, act) => {
    if (ms === 0) queueMicrotask(act);
    return () => undefined;
  },
};

/** A unit whose ledger takes everything but what is refused. */
export async function aUnit(holdings = { deliveries: 100, bytes: 100_000 }, options: UnitOptions = {}) {
  const {
    refused = '',
    endpoints = [endpoint],
    mayOpen = true,
    tracer = NO_TRACER,
    told = new Map(),
  } = options;
  const { caughtUp = () => Promise.resolve() } = options;
  const { refuses = ({ value }) => refused !== '' && String(value) === refused } = options;
  const { largestCopied = Infinity, clock = STANDING_STILL, waiting = () => 0 } = options;
  const { logger = createLogger('unit-test', 'silent') } = options;
  // The metrics are those of the unit that was made last.
  register.clear();
  const written: OutgoingRecord[] = [];
  const recorded: UnitRecord[] = [];
  const delivered: ReadDelivery<BatchedRecord>[] = [];
  const resumed: string[] = [];
  let host: UnitHost | null = null;
  let isClosed = false;
  let lost = 0;
  const taken = { dedupeWindow: new DedupeWindow(), positions: new Map(), told };
  const opened = await UnitHost.open(
    4,
    [Topics.events, Topics.deliveries],
    {
      committed: () => Promise.resolve(new Map([[Topics.deliveries, { offset: 9n, metadata: '' }]])),
      madeAnew: new Map(),
      wrote: () => undefined,
      resume: (topic) => void resumed.push(topic),
      lost: () => {
        lost += 1;
        void host?.giveUp();
      },
    },
    {
      clock,
      endpoints: {
        get: () => endpoint,
        subscribers: (organizationId) => endpoints.filter((each) => each.organizationId === organizationId),
        caughtUp,
      },
      holdings: new Holdings(holdings),
      backlog: () => ({
        ...waitingIn(endpoints.map(({ organizationId }) => ({ organizationId, waiting: waiting() }))),
        begunLately: 0,
        atOnce: 1,
      }),
      logger,
      largestCopied,
      telemetry: new FanOutTelemetry('deliver', logger, tracer),
      openLedger: () =>
        Promise.resolve({
          writer: randomUUID(),
          taken,
          write: (record, outgoing) => {
            if (outgoing.some((each) => refuses(each))) {
              const error = { name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE' };
              return Promise.reject(Object.assign(new Error('too large'), error));
            }
            written.push(...outgoing);
            recorded.push(record);
            return Promise.resolve();
          },
          reopen: () => Promise.resolve([]),
          close: () => {
            isClosed = true;
            return Promise.resolve();
          },
        }),
      mayOpen: () => Promise.resolve(mayOpen),
      deliver: (read) => void delivered.push(read),
      hasRoom: () => host?.resume(),
      gaveUp: () => undefined,
    },
  );
  host = opened;
  let offset = 0n;
  const recordOf = (value: Buffer): ReceivedRecord => ({
    key: 'o',
    rawKey: null,
    value,
    headers: {
      ...recordHeaders(value === LOOK ? endpointsLookSchema : canonicalEventSchema),
      traceparent: TRACE,
    },
    rawHeaders: {},
    headerList: [],
    offset: offset++,
    timestamp: 0,
  });
  return {
    host: opened,
    written,
    /** The records of the ledger. */
    recorded,
    delivered,
    resumed,
    isClosed: () => isClosed,
    /** How often it has said that its memory is void. */
    timesLost: () => lost,
    /** Offers records as the transport does. @returns the offset at which the host wants to pause. */
    offer: async (...values: Buffer[]): Promise<bigint | null> => {
      const window = opened.window(Topics.events);
      const records = values.map(recordOf).filter((record) => window.take(record.offset));
      let paused: bigint | null = null as bigint | null;
      const batch: Partial<RecordBatch> = { records, pauseAt: (at) => (paused = at) };
      await opened.take(batch as RecordBatch);
      return paused;
    },
  };
}

/** An event as its record's value. */
export const encoded = (named: Parameters<typeof anyEvent>[0]): Buffer =>
  canonicalEventSchema.encode(anyEvent(named));
