import { Inject, Injectable } from '@nestjs/common';
import { deliveryId, FilteredBody, isUuid, TEST_EVENT_TYPE } from '@skillora/contracts';
import { eventAttributes, TRACER, type Tracer } from '@skillora/operability';
import { conflict, notFound, RefusalException, unavailable } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import { canonicalJson } from '../changes/canonical-json.js';
import { ChangeLog } from '../changes/change-log.js';
import { AskedOnce, type Done } from '../deliveries/asked-once.js';
import { eventResendProblem } from '../deliveries/decide-resend.js';
import { RETRY_UNDER_WAY } from '../deliveries/decide-retry.js';
import { passedByFanOut } from '../deliveries/passed-by-fan-out.js';
import { demandRetry } from '../deliveries/retry-limit.js';
import { type RoundState, roundsHad, roundStates } from '../deliveries/round-state.js';
import { type RoundToStart, startRounds } from '../deliveries/start-rounds.js';
import type { Answered } from '../idempotency/once-by-key.js';
import {
  eventToResend,
  fannedOutTo,
  namedEndpoints,
  type ResendEndpoint,
  type ResentEvent,
  subscribedEndpoints,
  wishOf,
} from './event-candidates.js';
import { type EventResendAnswer, nothingSent, resendAnswer } from './resend-answer.js';
import { MOST_RESENT } from './resend-body.js';

/** The endpoints that a request is about. */
interface Candidates {
  readonly endpoints: readonly ResendEndpoint[];
  /** The request names them. */
  readonly isNamed: boolean;
}

/** An endpoint that was asked for, and what was decided about it. */
interface Decided {
  readonly endpoint: ResendEndpoint;
  readonly deliveryId: string;
  readonly state: RoundState;
  /** Why it does not get the event; null if it does. */
  readonly problem: string | null;
}

/** Sends an event again, by starting a round of its delivery to each endpoint. Where there is no delivery, it is created. */
@Injectable()
export class EventResend {
  constructor(
    private readonly once: AskedOnce,
    private readonly log: ChangeLog,
    @Inject(TRACER) private readonly tracer: Tracer,
  ) {}

  /**
   * @param endpointIds null for all active endpoints that want the event now.
   * @param key the request's `Idempotency-Key`: a repeated request with the same key gets the first answer.
   * @throws {RefusalException} 404 when the organisation has no such event or endpoint, 409 when nothing can be sent, 429
   * when the organisation asks too often, 503 while deliveries of the event are being made.
   */
  async request(
    author: Author,
    organizationId: string,
    id: string,
    endpointIds: readonly string[] | null,
    key: string | null,
  ): Promise<Answered<EventResendAnswer>> {
    if (!isUuid(id)) throw notFound();
    const eventId = id.toLowerCase();
    const body = `resend of event ${eventId}: ${canonicalJson(endpointIds)}`;
    const keyed = key === null ? null : { organizationId, key, body };
    return this.once.do(organizationId, keyed, (manager) =>
      this.ask(manager, author, organizationId, eventId, endpointIds),
    );
  }

  private async ask(
    manager: EntityManager,
    author: Author,
    organizationId: string,
    eventId: string,
    endpointIds: readonly string[] | null,
  ): Promise<Done<EventResendAnswer>> {
    const event = await eventToResend(manager, organizationId, eventId);
    if (!event) throw notFound();
    if (event.event_type === TEST_EVENT_TYPE) {
      throw conflict('This event is a test send. Send another test to the endpoint.');
    }
    const deed = { organizationId, action: 'event.resent', id: eventId } as const;
    return this.log.act(manager, author, deed, async () => {
      const now = new Date();
      const endpoints = await endpointsOf(manager, organizationId, event, endpointIds);
      const isNamed = endpointIds !== null;
      const decided = await decide(manager, organizationId, event, { endpoints, isNamed }, now);
      const skipped = decided.flatMap(({ endpoint: { id }, problem }) =>
        problem === null ? [] : [{ endpoint_id: id, detail: problem }],
      );
      const due = decided.filter(({ problem }) => problem === null);
      if (due.length === 0) throw conflict(nothingSent(skipped));
      await demandRetry(manager, organizationId);
      const span = this.tracer.start('resend', {
        role: 'producer',
        parent: {},
        attributes: eventAttributes({ id: eventId, organizationId, eventType: event.event_type }),
      });
      const starter = { organizationId, traceOf: () => span.context };
      const rounds = due.map((each) => roundOf(event, each));
      const started = await startRounds(manager, starter, rounds, now);
      const sent = due
        .filter((each) => started.has(each.deliveryId))
        .map((each) => ({ id: each.deliveryId, endpoint_id: each.endpoint.id }));
      const late = due
        .filter((each) => !started.has(each.deliveryId))
        .map(({ endpoint: { id } }) => ({ endpoint_id: id, detail: RETRY_UNDER_WAY }));
      if (sent.length === 0) throw conflict(nothingSent([...skipped, ...late]));
      return {
        result: { answer: resendAnswer(sent, [...skipped, ...late]), spans: [span] },
        shown: {
          before: null,
          after: { event_type: event.event_type, endpoint_ids: sent.map((each) => each.endpoint_id) },
        },
      };
    });
  }
}

/** The endpoints that a request is about. @throws {RefusalException} 404 for an unknown one, 409 for too many. */
async function endpointsOf(
  manager: EntityManager,
  organizationId: string,
  event: ResentEvent,
  ids: readonly string[] | null,
): Promise<readonly ResendEndpoint[]> {
  if (ids === null) {
    const found = await subscribedEndpoints(manager, organizationId, event.event_type, MOST_RESENT + 1);
    if (found.length <= MOST_RESENT) return found;
    throw conflict(
      `More than ${MOST_RESENT} endpoints are subscribed to this event. Name at most ${MOST_RESENT} at a time in endpoint_ids.`,
    );
  }
  const found = await namedEndpoints(manager, organizationId, ids);
  const known = new Set(found.map(({ id }) => id));
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) {
    throw new RefusalException(404, `endpoint_ids: there is no endpoint ${missing}.`);
  }
  return found;
}

/** Decides about each endpoint. @throws {RefusalException} 503 while the fan-out may still make one of the deliveries. */
async function decide(
  manager: EntityManager,
  organizationId: string,
  event: ResentEvent,
  { endpoints, isNamed }: Candidates,
  now: Date,
): Promise<readonly Decided[]> {
  const candidates = endpoints.map((endpoint) => ({ endpoint, id: deliveryId(event.id, endpoint.id) }));
  const ids = candidates.map(({ id }) => id);
  const states = await roundStates(manager, ids, now);
  const isComplete = ids.every((each) => states.get(each)?.status !== null);
  const made = isComplete ? new Set<string>() : await fannedOutTo(manager, organizationId, event);
  const body = new FilteredBody(event.payload);
  const decided = candidates.flatMap(({ endpoint, id }): Decided[] => {
    const state = states.get(id);
    if (!state) return [];
    const problem = eventResendProblem({
      status: state.status,
      underWay: state.underWay,
      rounds: roundsHad(state),
      endpointActive: endpoint.is_active,
      wish: wishOf(endpoint, event, body),
      isNamed,
      isMade: made?.has(endpoint.id) ?? false,
    });
    return [{ endpoint, deliveryId: id, state, problem }];
  });
  const isNew = decided.some(({ state, problem }) => state.status === null && problem === null);
  if (isNew && made === null) {
    const isPassed = await passedByFanOut(manager, organizationId, now);
    if (!isPassed(event.created_at.getTime())) {
      throw unavailable('The deliveries of this event are being made. Ask again shortly.', 1);
    }
  }
  return decided;
}

function roundOf(event: ResentEvent, { endpoint, deliveryId: id, state }: Decided): RoundToStart {
  return {
    deliveryId: id,
    eventId: event.id,
    eventAt: event.created_at,
    eventType: event.event_type,
    body: event.payload,
    endpointId: endpoint.id,
    endpointVersion: Number(endpoint.version),
    state,
  };
}
