import type { Scope } from '@skillora/contracts';

import { DAY_MS } from '../projection/partition-range.js';
import { BEGINNING, iso } from '../projection/testing/log-builder.js';

/** A route without a token, and why it shows nothing of any organisation. */
export interface Open {
  readonly open: string;
}

/** A route on one object of an organisation: for another organisation the object does not exist. */
export interface OnObject {
  readonly scope: Scope;
  readonly object: 'endpoint' | 'event' | 'delivery' | 'recovery';
  /** A body that would have an effect. */
  readonly body?: object;
  /** Filters of the list below the object, as in {@link OnList}. */
  readonly filters?: Filters;
}

/**
 * A route that lists the objects of an organisation. Another organisation sees its own objects, and never
 * this one's, with any filter.
 */
export interface OnList {
  readonly scope: Scope;
  readonly list: true;
  readonly filters: Filters;
}

/** A route that creates something: it belongs to the caller, whatever the body says. */
export interface OnCreation {
  readonly scope: Scope;
  readonly creates: true;
  readonly body: object;
}

/**
 * A route that returns data of a whole organisation, in one answer or as a stream: data of another is not in
 * it.
 */
export interface OnWhole {
  readonly scope: Scope;
  readonly whole: true;
  readonly filters: Filters;
  /** Query parameters that make its answer the same at any time. */
  readonly query?: Readonly<Record<string, string>>;
}

/**
 * Each filter: which object or token of the organisation it can name, or values that match the organisation's objects.
 */
export type Filters = Readonly<Record<string, 'endpoint' | 'event' | 'actor' | readonly string[]>>;

export type Row = Open | OnObject | OnList | OnWhole | OnCreation;

/** An endpoint as a customer would register it. */
export const ENDPOINT = { url: 'https://receiver.example/hook', events: ['interview_completed'] };
const EVENT_FILTERS: Filters = {
  event_type: ['interview_completed'],
  created_after: ['2020-01-01T00:00:00Z'],
  created_before: ['2999-01-01T00:00:00Z'],
};
const DELIVERY_FILTERS: Filters = {
  ...EVENT_FILTERS,
  endpoint_id: 'endpoint',
  event_id: 'event',
  status: ['pending', 'retrying', 'success', 'failed', 'filtered'],
};

/**
 * Every route of the service, and what separates organisations on it. A new route fails the first test until
 * it has a row here, and fails the row's tests until it is isolated.
 */
export const MATRIX: Readonly<Record<string, Row>> = {
  'GET /health/live': { open: 'says that the process lives' },
  'GET /health/ready': { open: 'names parts of the service' },
  'GET /dashboard': { open: 'a page that knows nothing by itself' },
  'GET /dashboard/*': { open: 'a page that knows nothing by itself' },
  'GET /api/v1/audit/changes': {
    scope: 'audit:read',
    list: true,
    filters: {
      object_id: 'endpoint',
      object_type: ['endpoint', 'token'],
      actor_id: 'actor',
      action: ['endpoint.created'],
      created_after: ['2020-01-01T00:00:00Z'],
      created_before: ['2999-01-01T00:00:00Z'],
    },
  },
  'GET /api/v1/audit/reconciliation': {
    scope: 'audit:read',
    whole: true,
    filters: {},
    query: { created_after: iso(BEGINNING), created_before: iso(BEGINNING + 7 * DAY_MS) },
  },
  'GET /api/v1/asyncapi.json': { open: 'describes the public topics' },
  'GET /api/v1/event-types': { scope: 'endpoints:read', whole: true, filters: {} },
  'GET /api/v1/docs': { open: 'describes the API' },
  'GET /api/v1/openapi.json': { open: 'describes the API' },
  'GET /api/v1/webhook-endpoints': { scope: 'endpoints:read', list: true, filters: {} },
  'POST /api/v1/webhook-endpoints': { scope: 'endpoints:write', creates: true, body: ENDPOINT },
  'GET /api/v1/webhook-endpoints/:id': { scope: 'endpoints:read', object: 'endpoint' },
  'PUT /api/v1/webhook-endpoints/:id': { scope: 'endpoints:write', object: 'endpoint', body: ENDPOINT },
  'PATCH /api/v1/webhook-endpoints/:id': {
    scope: 'endpoints:write',
    object: 'endpoint',
    body: { description: 'taken over', is_active: false },
  },
  'DELETE /api/v1/webhook-endpoints/:id': { scope: 'endpoints:write', object: 'endpoint' },
  'POST /api/v1/webhook-endpoints/:id/hold': { scope: 'endpoints:write', object: 'endpoint' },
  'POST /api/v1/webhook-endpoints/:id/resume': { scope: 'endpoints:write', object: 'endpoint' },
  'POST /api/v1/webhook-endpoints/:id/regenerate_secret': { scope: 'endpoints:write', object: 'endpoint' },
  'POST /api/v1/webhook-endpoints/:id/test': { scope: 'endpoints:write', object: 'endpoint' },
  'POST /api/v1/webhook-endpoints/:id/filter/try': {
    scope: 'endpoints:write',
    object: 'endpoint',
    body: { filter: { 'data.score': [{ exists: true }] } },
  },
  'GET /api/v1/webhook-endpoints/:id/recoveries': { scope: 'deliveries:read', object: 'endpoint' },
  'POST /api/v1/webhook-endpoints/:id/recoveries': {
    scope: 'deliveries:retry',
    object: 'endpoint',
    body: { since: '2020-01-01', what: 'failed' },
  },
  'GET /api/v1/webhook-endpoints/:id/recoveries/:recovery_id': {
    scope: 'deliveries:read',
    object: 'recovery',
  },
  'DELETE /api/v1/webhook-endpoints/:id/recoveries/:recovery_id': {
    scope: 'deliveries:retry',
    object: 'recovery',
  },
  'GET /api/v1/webhook-events': { scope: 'deliveries:read', list: true, filters: EVENT_FILTERS },
  'GET /api/v1/webhook-events/:id': { scope: 'deliveries:read', object: 'event' },
  'GET /api/v1/webhook-events/:id/deliveries': {
    scope: 'deliveries:read',
    object: 'event',
    filters: DELIVERY_FILTERS,
  },
  'GET /api/v1/webhook-deliveries': { scope: 'deliveries:read', list: true, filters: DELIVERY_FILTERS },
  'GET /api/v1/webhook-deliveries/stream': { scope: 'deliveries:read', whole: true, filters: {} },
  'GET /api/v1/webhook-deliveries/:id/request': { scope: 'deliveries:read', object: 'delivery' },
  'GET /api/v1/webhook-stats': {
    scope: 'deliveries:read',
    whole: true,
    filters: { endpoint_id: 'endpoint', group_by: ['endpoint'], interval: ['minute', 'hour', 'day'] },
    query: { interval: 'hour', since: '2026-03-01T00:00:00Z', until: '2026-03-03T00:00:00Z' },
  },
  'GET /api/v1/webhook-deliveries/:id': { scope: 'deliveries:read', object: 'delivery' },
  'POST /api/v1/webhook-deliveries/:id/resend': { scope: 'deliveries:retry', object: 'delivery' },
  'POST /api/v1/webhook-events/:id/resend': { scope: 'deliveries:retry', object: 'event' },
  'POST /api/v1/webhook-deliveries/:id/retry': { scope: 'deliveries:retry', object: 'delivery' },
};
