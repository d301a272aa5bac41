import type { WebhookEvent } from '../api/types.js';

/** The event types of notices about endpoints, and what each says. */
const SAYS: Readonly<Record<string, string>> = {
  'endpoint.failing': 'Failing',
  'endpoint.disabling_soon': 'Half of the time until it is disabled has passed',
  'endpoint.disabled': 'Disabled',
  'endpoint.recovered': 'Recovered',
};

/** A notice about an endpoint. */
export interface HealthNotice {
  readonly id: string;
  readonly text: string;
  readonly at: string;
  /** When the failures began that it is about; null if it does not say. */
  readonly failingSince: string | null;
}

/** The notices about an endpoint among events, newest first. */
export function noticesAbout(endpointId: string, events: readonly WebhookEvent[]): HealthNotice[] {
  return events
    .flatMap(({ id, event_type: type, occurred_at: at, payload }) => {
      const text = SAYS[type];
      const data = dataOf(payload);
      if (text === undefined || data['endpoint_id'] !== endpointId) return [];
      const { failing_since: since, reason } = data;
      const why = reason === 'gone' ? ': the server answered 410 Gone' : '';
      return [{ id, text: text + why, at, failingSince: typeof since === 'string' ? since : null }];
    })
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

function dataOf(payload: unknown): Readonly<Record<string, unknown>> {
  if (typeof payload !== 'object' || payload === null || !('data' in payload)) return {};
  const { data } = payload;
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
}
