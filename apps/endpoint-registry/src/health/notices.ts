import { type CanonicalEvent, CATALOGUE, noticeId, noticeSource, type NoticeType } from '@skillora/contracts';

import type { HealthStep } from './decide-health.js';
import type { EndpointHealth } from './endpoint-health.js';
import type { HealthRules } from './health-rules.js';

/** The endpoint that a notice is about. */
export interface NoticeSubject {
  readonly endpointId: string;
  readonly organizationId: string;
}

/** A notice about an endpoint. */
export interface Notice extends NoticeSubject {
  /** The same whenever and wherever the notice is made. */
  readonly id: string;
  readonly type: NoticeType;
  /** When it happened, ms since the epoch. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The notice of a step. @param now when the step is made: an endpoint is disabled at that time; ms since the epoch. */
export function noticeOf(
  step: HealthStep,
  { endpointId, organizationId }: NoticeSubject,
  { lastSuccessAt, failures }: EndpointHealth,
  rules: HealthRules,
  now: number,
): Notice {
  const type: NoticeType = `endpoint.${step.kind}`;
  const id = noticeId(type, endpointId, step.failingSince);
  const subject = { endpoint_id: endpointId };
  const failing = {
    failing_since: isoTime(step.failingSince),
    last_success_at: lastSuccessAt === null ? null : isoTime(lastSuccessAt),
    consecutive_failures: failures?.count ?? 0,
  };
  const about = { id, type, endpointId, organizationId };
  switch (step.kind) {
    case 'failing':
    case 'disabling_soon':
      return {
        ...about,
        at: step.at,
        data: { ...subject, ...failing, ...disabling(step.failingSince, rules) },
      };
    case 'disabled':
      return {
        ...about,
        at: now,
        data: { ...subject, reason: step.reason, disabled_at: isoTime(now), ...failing },
      };
    case 'recovered': {
      const { failing_since } = failing;
      return { ...about, at: step.at, data: { ...subject, failing_since, recovered_at: isoTime(step.at) } };
    }
  }
}

function disabling(failingSince: number, { disableAfterMs, disableFailures }: HealthRules): object {
  return {
    disables_at: disableAfterMs === 0 ? null : isoTime(failingSince + disableAfterMs),
    failures_to_disable: disableFailures,
  };
}

/** The notice as an event, which the dispatchers send to the endpoints that subscribe to its type. */
export function canonicalNotice(
  { id, type, at, data, endpointId, organizationId }: Notice,
  acceptedAt: Date,
): CanonicalEvent {
  const timestamp = `${isoTime(at).slice(0, 19)}Z`;
  return {
    id,
    organizationId,
    eventType: type,
    source: noticeSource(endpointId),
    sourceId: id,
    occurredAt: isoTime(at),
    acceptedAt: acceptedAt.toISOString(),
    aboutEndpointId: endpointId,
    body: JSON.stringify({ event: CATALOGUE[type].eventName, timestamp, data }),
  };
}

/** The notice as a CloudEvent 1.0, for the topic `webhook.notices`. */
export function noticeCloudEvent({ id, type, at, data, endpointId, organizationId }: Notice): object {
  return {
    specversion: '1.0',
    id,
    source: noticeSource(endpointId),
    type,
    subject: endpointId,
    time: isoTime(at),
    organizationid: organizationId,
    datacontenttype: 'application/json',
    data,
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
