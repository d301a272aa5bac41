import { Controller, HttpCode, HttpException, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { type ApiTokenState, soundTrace, type TraceContext, traceIds } from '@skillora/contracts';
import { type OutgoingRecord, RecordProducer } from '@skillora/kafka';
import {
  eventAttributes,
  LOGGER,
  type Logger,
  type Span,
  TRACER,
  type Tracer,
  withinTime,
} from '@skillora/operability';
import {
  BearerGuard,
  Caller,
  decodeContent,
  InvalidFieldsException,
  Operation,
  RefusalException,
  RequestLimits,
  RequireScope,
  unavailable,
} from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import type { TracedEvent } from '../canonical/traced-event.js';
import { eventRecord } from '../canonical/event-record.js';
import { eventTrace } from '../canonical/event-trace.js';
import { mapInTurns } from '../in-turns.js';
import { IntakeMetrics } from '../intake-metrics.js';
import { INGEST_SETTINGS, type IngestSettings } from '../settings.js';
import { UnacceptableException } from '../unacceptable.js';
import { BodyBudget } from './body-budget.js';
import { acceptEvents } from './http-intake-operations.js';
import { checkHeaders, readRequest } from './read-request.js';
import { ReadingTurns } from './reading-turns.js';

/** The accepted events of a request. */
interface Accepted {
  readonly isBatch: boolean;
  readonly events: readonly TracedEvent[];
}

interface Answer {
  readonly id: string;
  readonly status: 'accepted';
}

/** A request counts as one event for each 4 KiB of its body at least: 4 MiB with 1,000 events count as 1,024. */
const BYTES_OF_AN_EVENT = 4_096;
/** The `Retry-After` of a 503, seconds. */
const TRY_AGAIN_SECONDS = 5;

/** The HTTP intake: events are accepted once Kafka has them, and only then. */
@Controller('api/v1/interview-completions')
@UseGuards(BearerGuard)
export class HttpIntake {
  /** Public only for a test. */
  readonly turns = new ReadingTurns();
  private readonly bodies = new BodyBudget();

  constructor(
    @Inject(INGEST_SETTINGS) private readonly settings: IngestSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer,
    private readonly producer: RecordProducer,
    private readonly metrics: IntakeMetrics,
    private readonly limits: RequestLimits,
  ) {}

  /**
   * What the headers alone show to be refused, before the body arrives; undefined when nothing is. A body
   * beyond the limit of its route is left to the server, which answers 413.
   * @returns 415 for another media type; 400 for a single event that is too large, and for bad headers.
   */
  refusalByHeaders({ raw, headers, routeOptions }: FastifyRequest): Error | undefined {
    const sentBytes = headers['content-length'] === undefined ? null : Number(headers['content-length']);
    if (sentBytes !== null && sentBytes > routeOptions.bodyLimit) return undefined;
    try {
      checkHeaders(raw.rawHeaders, headers['content-encoding'] === undefined ? sentBytes : null);
      return undefined;
    } catch (error) {
      return this.refusalOf(error as Error);
    }
  }

  /**
   * @throws {RefusalException} 503 when Kafka is late or too much already waits for it; the client may send the same
   * event again.
   */
  @Post()
  @HttpCode(202)
  @Operation(acceptEvents)
  @RequireScope('events:write')
  async accept(@Req() request: FastifyRequest, @Caller() caller: ApiTokenState): Promise<Answer | Answer[]> {
    const span = this.tracer.start('POST /api/v1/interview-completions/', {
      role: 'server',
      parent: headerTrace(request),
      attributes: { 'http.request.method': 'POST', 'http.route': '/api/v1/interview-completions/' },
    });
    try {
      const answer = await this.store(request, caller, span);
      span.end({ attributes: { 'http.response.status_code': 202 } });
      return answer;
    } catch (error) {
      const status = error instanceof HttpException ? error.getStatus() : 500;
      span.end({
        attributes: { 'http.response.status_code': status },
        error: status < 500 ? undefined : String(status),
      });
      throw error;
    }
  }

  private async store(
    request: FastifyRequest,
    caller: ApiTokenState,
    span: Span,
  ): Promise<Answer | Answer[]> {
    if (this.producer.pendingBytes > this.settings.maxPendingBytes) {
      this.metrics.pushBack('memory');
      throw unavailable('Too many events wait to be stored. Send it again later.', TRY_AGAIN_SECONDS);
    }
    const { isBatch, events } = await this.read(request, caller);
    const header = headerTrace(request);
    const ids = {
      events: events.length,
      ...(events.length === 1 ? { event: events[0]?.event.id } : {}),
      ...traceIds(span.context),
    };
    const stored = this.producer
      .send(events.map((accepted) => this.recordOf(accepted, header, span)))
      .catch((error: unknown) => {
        this.logger.error(
          { err: error, ...ids },
          'Kafka refused events, and the caller got 503. Check the brokers and their limits',
        );
        return 'refused' as const;
      });
    const outcome = await withinTime(stored, this.settings.timeoutMs);
    if (outcome === 'refused') {
      this.metrics.pushBack('kafka_refused');
      throw unavailable('The event could not be stored. Send it again.', TRY_AGAIN_SECONDS);
    }
    if (outcome === 'late') {
      this.metrics.pushBack('kafka_late');
      this.logger.warn(
        { ...ids, waitedMs: this.settings.timeoutMs },
        'Kafka did not take events in time, and the caller got 503. If this repeats, check the brokers',
      );
      throw unavailable('The event could not be stored in time. Send it again.', TRY_AGAIN_SECONDS);
    }
    for (const { event } of events) this.metrics.accepted('http', event.eventType);
    if (this.logger.isLevelEnabled('debug')) {
      for (const { event } of events) this.logger.debug({ ...ids, event: event.id }, 'an event was accepted');
    }
    const answers = events.map(({ event }): Answer => ({ id: event.id, status: 'accepted' }));
    const [single] = answers;
    return isBatch || single === undefined ? answers : single;
  }

  private recordOf({ event, origin }: TracedEvent, header: TraceContext, request: Span): OutgoingRecord {
    const span = this.tracer.start('accept event', {
      role: 'producer',
      ...eventTrace(header, origin, request.context),
      attributes: eventAttributes(event),
    });
    span.end();
    return eventRecord(event, span.context);
  }

  private async read(request: FastifyRequest, caller: ApiTokenState): Promise<Accepted> {
    const { body, headers, routeOptions } = request;
    if (!Buffer.isBuffer(body) || body.length === 0)
      throw new RefusalException(400, 'JSON parse error - no body.');
    const encoding = headers['content-encoding'];
    const most = encoding === undefined ? body.length : routeOptions.bodyLimit;
    const giveBack = this.bodies.take(caller.organizationId, most);
    if (giveBack === null) {
      this.metrics.pushBack('memory');
      throw unavailable('Too many large bodies wait to be read. Send it again later.', TRY_AGAIN_SECONDS);
    }
    try {
      const content = await decodeContent(encoding, body, routeOptions.bodyLimit);
      await this.turns.of(caller.organizationId, content.length);
      return await this.readContent(request, content, caller);
    } finally {
      giveBack();
    }
  }

  private async readContent(
    { raw }: FastifyRequest,
    content: Buffer,
    caller: ApiTokenState,
  ): Promise<Accepted> {
    // Refused or not, a large body costs as much as the events that it could hold.
    const bySize = Math.ceil(content.length / BYTES_OF_AN_EVENT);
    this.limits.more(caller.hash, bySize - 1);
    try {
      const { isBatch, events } = readRequest(raw.rawHeaders, content, caller.organizationId, new Date());
      const nextTurn = () => this.turns.another(caller.organizationId);
      const accepted = await mapInTurns(events, (event) => event, nextTurn);
      this.limits.more(caller.hash, accepted.length - bySize);
      return { isBatch, events: accepted };
    } catch (error) {
      throw this.refusalOf(error as Error);
    }
  }

  private refusalOf(error: Error): Error {
    if (!(error instanceof UnacceptableException)) return error;
    this.metrics.refused('http', error.reason);
    return error.reason === 'not_json'
      ? new RefusalException(400, error.message)
      : new InvalidFieldsException(error.problems);
  }
}

/** The trace context in a request's headers. */
function headerTrace({ headers }: FastifyRequest): TraceContext {
  const { traceparent, tracestate } = headers;
  return soundTrace({ traceparent: [traceparent].flat()[0], tracestate: [tracestate].flat()[0] });
}
