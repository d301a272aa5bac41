import {
  DEFAULT_RETRY_SCHEDULE,
  type DisabledReason,
  type EndpointState,
  type EventFilter,
  type FormerSecret,
  type RetryScheduleName,
  type SealedAuthentication,
  type SealedHeader,
  type SubscribableEventType,
} from '@skillora/contracts';
import { standardWebhooksSecret } from '@skillora/signing';

import { type HealthColumns, healthOf } from '../health/health-columns.js';
import type { HealthRules } from '../health/health-rules.js';
import { presentHealth } from '../health/present-health.js';
import { type GivenOptions, presentAuthentication } from './sealed-options.js';

/** An endpoint as the database has it, with its statistics. */
export interface EndpointRow extends HealthColumns {
  readonly id: string;
  readonly organization_id: string;
  readonly version: string;
  readonly url: string;
  readonly events: SubscribableEventType[];
  readonly description: string;
  readonly is_active: boolean;
  readonly rate_limit: number | null;
  readonly held_since: Date | null;
  readonly sealed_secret: string;
  readonly former_secrets: readonly FormerSecret[];
  readonly headers: readonly SealedHeader[];
  readonly authentication: SealedAuthentication | null;
  readonly retry_schedule: RetryScheduleName;
  readonly disabled_reason: DisabledReason | null;
  readonly disabled_at: Date | null;
  readonly enabled_at: Date | null;
  readonly filter: EventFilter | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly total_deliveries: string | null;
  readonly failed_deliveries: string | null;
  readonly last_triggered_at: Date | null;
  /** The time by the database's clock. */
  readonly read_at: Date;
}

/** The fields of an endpoint that a customer chooses. */
export interface EndpointChoice extends GivenOptions {
  readonly url: string;
  readonly events: readonly SubscribableEventType[];
  readonly description: string;
  readonly isActive: boolean;
  /** Null for every event of its types. */
  readonly filter: EventFilter | null;
  readonly retrySchedule: RetryScheduleName;
  /** Attempts a second, see {@link RATE_LIMIT}; null: any number. */
  readonly rateLimit: number | null;
}

/** The fields of a new endpoint that a customer chooses; without a secret, one is generated. */
export type NewEndpointChoice = EndpointChoice & { readonly secret: string | null };

/** A new endpoint, as its customer sees it once. */
export type CreatedEndpoint = ReturnType<typeof presentEndpoint>;

/**
 * A secret as its customer sees it once: the secret itself, and its form for libraries of Standard Webhooks.
 */
export function presentSecret(secret: string) {
  return { secret, standard_webhooks_secret: standardWebhooksSecret(secret) };
}

/** An endpoint as customers see it. It holds the secret only when the secret was just created. */
export function presentEndpoint(row: EndpointRow, rules: HealthRules, secret?: string) {
  const disabled = row.is_active ? null : row.disabled_reason;
  return {
    id: row.id,
    url: row.url,
    events: row.events,
    description: row.description,
    is_active: row.is_active,
    header_names: row.headers.map(({ name }) => name),
    authentication: presentAuthentication(row.authentication),
    retry_schedule: row.retry_schedule,
    disabled_reason: disabled,
    disabled_at: disabled === null ? null : (row.disabled_at?.toISOString() ?? null),
    filter: row.filter,
    rate_limit: row.rate_limit,
    held_since: row.held_since?.toISOString() ?? null,
    ...(secret === undefined ? {} : presentSecret(secret)),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    last_triggered_at: row.last_triggered_at?.toISOString() ?? null,
    total_deliveries: Number(row.total_deliveries ?? 0),
    failed_deliveries: Number(row.failed_deliveries ?? 0),
    health: presentHealth(
      {
        health: healthOf(row),
        enabledAt: row.enabled_at?.getTime() ?? null,
        disabledReason: disabled,
      },
      rules,
      row.read_at.getTime(),
    ),
  };
}

/** An endpoint as its record in the log: what dispatchers need, and what a restoration needs. */
export function toEndpointState(row: EndpointRow): EndpointState {
  return {
    id: row.id,
    organizationId: row.organization_id,
    version: Number(row.version),
    url: row.url,
    events: row.events,
    isActive: row.is_active,
    sealedSecret: row.sealed_secret,
    description: row.description,
    createdAt: row.created_at.toISOString(),
    ...(row.former_secrets.length > 0 ? { formerSecrets: row.former_secrets } : {}),
    ...(row.headers.length > 0 ? { headers: row.headers } : {}),
    ...(row.authentication ? { authentication: row.authentication } : {}),
    ...(row.retry_schedule === DEFAULT_RETRY_SCHEDULE ? {} : { retrySchedule: row.retry_schedule }),
    ...(!row.is_active && row.disabled_reason !== null && row.disabled_at !== null
      ? { disabled: { reason: row.disabled_reason, at: row.disabled_at.toISOString() } }
      : {}),
    ...(row.enabled_at === null ? {} : { enabledAt: row.enabled_at.toISOString() }),
    ...(row.filter === null ? {} : { filter: row.filter }),
    ...(row.rate_limit === null ? {} : { rateLimit: row.rate_limit }),
    ...(row.held_since === null ? {} : { heldSince: row.held_since.toISOString() }),
  };
}
