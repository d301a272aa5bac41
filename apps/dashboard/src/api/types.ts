/* The public types of the REST API, as any client would write them. */

export const STATUSES = ['pending', 'retrying', 'success', 'failed', 'filtered'] as const;
export type DeliveryStatus = (typeof STATUSES)[number];

/** The events of interviews. */
export const EVENT_TYPES = ['interview_completed', 'mock_interview_completed'] as const;
/** Notices about other endpoints of the organisation. */
export const NOTICE_TYPES = [
  'endpoint.failing',
  'endpoint.disabling_soon',
  'endpoint.disabled',
  'endpoint.recovered',
] as const;
/** What an endpoint can subscribe to. */
export type EventType = (typeof EVENT_TYPES)[number] | (typeof NOTICE_TYPES)[number];
/** Test sends are in the delivery log too. */
export const LOGGED_EVENT_TYPES = [...EVENT_TYPES, ...NOTICE_TYPES, 'test'] as const;

export type AuthenticationType = 'none' | 'bearer' | 'basic' | 'oauth2_client_credentials';

/** How requests to an endpoint authenticate themselves, without secrets. */
export type Authentication = { readonly type: AuthenticationType } & Readonly<
  Partial<Record<string, string>>
>;

export interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly EventType[];
  readonly description: string;
  readonly is_active: boolean;
  readonly header_names: readonly string[];
  readonly authentication: Authentication;
  /** `standard`, `extended` or `none`, and what a later release may add. */
  readonly retry_schedule: string;
  /** Deliveries a second; null: no limit. */
  readonly rate_limit: number | null;
  /** Null for every event of its types; absent in answers of the release before. */
  readonly filter?: EventFilter | null;
  /** Null if it is not held. */
  readonly held_since: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_triggered_at: string | null;
  readonly total_deliveries: number;
  readonly failed_deliveries: number;
  /** Why and when the system disabled it; null if it did not. */
  readonly disabled_reason: string | null;
  readonly disabled_at: string | null;
  readonly health: EndpointHealth;
}

/** The health of an endpoint. */
export interface EndpointHealth {
  readonly state: string;
  readonly failing_since: string | null;
  readonly last_success_at: string | null;
  readonly consecutive_failures: number;
}

/** Which events of its types an endpoint wants. */
export type EventFilter = Readonly<Record<string, unknown>>;

/** What a filter would have done with past events. */
export interface FilterTrial {
  readonly events: number;
  readonly matched: number;
  readonly filtered: number;
  /** Perhaps written wrongly. */
  readonly undescribed_paths: readonly string[];
  readonly results: readonly {
    readonly id: string;
    readonly event_type: EventType;
    readonly created_at: string;
    readonly matched: boolean;
  }[];
}

/** A secret, in the only answer that shows it. */
export interface ShownSecret {
  readonly secret: string;
  /** In the form for libraries of Standard Webhooks: the same, unless it is a custom secret. */
  readonly standard_webhooks_secret: string;
}

/** Phases of an attempt, ms; null for one that did not take place. */
export interface Timings {
  readonly dns: number | null;
  readonly connect: number | null;
  readonly tls: number | null;
  readonly first_byte: number | null;
}

export interface Attempt {
  readonly number: number;
  readonly trigger: 'automatic' | 'manual';
  readonly started_at: string;
  readonly duration_ms: number;
  readonly request_bytes: number | null;
  /** Null for a token that may not read endpoints, too. */
  readonly url: string | null;
  readonly endpoint_version: number | null;
  readonly remote_address: string | null;
  readonly signed_with: readonly string[] | null;
  /** Null of attempts from before this was recorded. */
  readonly timings_ms: Timings | null;
  /** Absent in the stream. */
  readonly response_headers?: Readonly<Record<string, string>> | null;
  readonly response_status: number | null;
  readonly response_body: string | null;
  readonly error: string | null;
  readonly error_detail: string | null;
}

export interface Delivery {
  readonly id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly event_type: string;
  readonly status: DeliveryStatus;
  readonly attempt_count: number;
  readonly next_retry_at: string | null;
  readonly response_status: number | null;
  readonly error: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly delivered_at: string | null;
  readonly attempts: readonly Attempt[];
}

/** The request of a delivery's newest attempt, or of one as it was sent then. */
export interface DeliveryRequest {
  readonly method: string;
  /** Null for a token that may not read endpoints. */
  readonly url: string | null;
  /** A signature is null where it cannot be made once more. */
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: string;
  readonly attempt: number | null;
}

export interface WebhookEvent {
  readonly id: string;
  readonly event_type: string;
  readonly payload: unknown;
  readonly occurred_at: string;
  readonly created_at: string;
  readonly deliveries: Readonly<Record<DeliveryStatus, number>>;
}

/** Who changed something. */
export interface Actor {
  readonly type: 'token' | 'operator' | 'service';
  /** The token's id; null of all others. */
  readonly id: string | null;
  readonly name: string | null;
}

/** An entry of the log of changes. */
export interface Change {
  readonly id: string;
  /** The place in the organisation's chain. */
  readonly number: number;
  readonly created_at: string;
  readonly actor: Actor;
  /** Null if the change did not come from a request; so is the request's id. */
  readonly address: string | null;
  readonly request_id: string | null;
  readonly action: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly previous_hash: string;
  readonly hash: string;
}

export interface Page<T> {
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: readonly T[];
}

export interface Count {
  readonly attempts: number;
  readonly success: number;
  readonly retrying: number;
  readonly failed: number;
  readonly duration_p50_ms: number | null;
  readonly duration_p95_ms: number | null;
}

export interface Bucket extends Count {
  readonly start: string;
}

export interface EndpointCount extends Count {
  readonly endpoint_id: string;
  readonly buckets: readonly Bucket[];
}

export interface Statistics {
  readonly interval: 'minute' | 'hour' | 'day';
  readonly since: string;
  readonly until: string;
  readonly total: Count;
  readonly buckets: readonly Bucket[];
  readonly endpoints?: readonly EndpointCount[];
}
