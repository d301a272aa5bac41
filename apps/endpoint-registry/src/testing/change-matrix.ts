import type { Action } from '../changes/entry.js';
import { ENDPOINT } from './isolation-matrix.js';

/** Something that changes nothing that the log of changes is about, and why that is so. */
export interface Harmless {
  readonly harmless: string;
}

/** A route that changes something: what its entry says. */
export interface ChangingRoute {
  readonly action: Action;
  /** What replaces `:id`, and what the entry is about. Absent if the route creates the object of the entry. */
  readonly object?: 'endpoint' | 'delivery' | 'event';
  readonly body?: object;
  /** A route of the same object that is called before, so that this one has something to change. */
  readonly after?: string;
}

/** A command that changes something: what its entries say. */
export interface ChangingCommand {
  readonly action: Action;
  /** Its arguments. */
  readonly args: (scene: Scene) => readonly string[];
}

/** What there is to be changed: of one organisation, made for one row of a matrix. */
export interface Scene {
  readonly organization: string;
  readonly tokenId: string;
  readonly endpoint: string;
  /** One that has failed. */
  readonly delivery: string;
  /** The event of that delivery. */
  readonly event: string;
}

/**
 * Every route that is not a GET, with the entry it makes in the log of changes. A new route fails the first test until it
 * has a row here, and the row's test until it makes the entry.
 */
export const CHANGING_ROUTES: Readonly<Record<string, ChangingRoute | Harmless>> = {
  'POST /api/v1/webhook-endpoints': { action: 'endpoint.created', body: ENDPOINT },
  'PUT /api/v1/webhook-endpoints/:id': {
    action: 'endpoint.updated',
    object: 'endpoint',
    body: { ...ENDPOINT, description: 'replaced' },
  },
  'PATCH /api/v1/webhook-endpoints/:id': {
    action: 'endpoint.updated',
    object: 'endpoint',
    body: { is_active: false },
  },
  'DELETE /api/v1/webhook-endpoints/:id': { action: 'endpoint.deleted', object: 'endpoint' },
  'POST /api/v1/webhook-endpoints/:id/hold': { action: 'endpoint.held', object: 'endpoint' },
  'POST /api/v1/webhook-endpoints/:id/resume': {
    action: 'endpoint.resumed',
    object: 'endpoint',
    after: 'POST /api/v1/webhook-endpoints/:id/hold',
  },
  'POST /api/v1/webhook-endpoints/:id/regenerate_secret': {
    action: 'endpoint.secret_regenerated',
    object: 'endpoint',
  },
  'POST /api/v1/webhook-endpoints/:id/test': {
    harmless: 'sends an event of its own and leaves everything as it is; the delivery log has it',
  },
  'POST /api/v1/webhook-endpoints/:id/filter/try': { harmless: 'reads past events' },
  'POST /api/v1/webhook-endpoints/:id/recoveries': {
    action: 'endpoint.recovery_created',
    object: 'endpoint',
    body: { since: '2020-01-01', what: 'failed' },
  },
  'DELETE /api/v1/webhook-endpoints/:id/recoveries/:recovery_id': {
    action: 'endpoint.recovery_cancelled',
    object: 'endpoint',
  },
  'POST /api/v1/webhook-deliveries/:id/resend': { action: 'delivery.resent', object: 'delivery' },
  'POST /api/v1/webhook-deliveries/:id/retry': { action: 'delivery.retried', object: 'delivery' },
  'POST /api/v1/webhook-events/:id/resend': { action: 'event.resent', object: 'event' },
};

/** Every subcommand of `npm run admin`, in the same way. */
export const CHANGING_COMMANDS: Readonly<Record<string, ChangingCommand | Harmless>> = {
  'changes verify': { harmless: 'reads the log of changes' },
  'dead-letters list': { harmless: 'reads' },
  'dead-letters show': { harmless: 'reads' },
  'dead-letters redrive': {
    action: 'organization.dead_letters_redriven',
    args: ({ organization }) => ['--organization', organization],
  },
  'endpoints hold': {
    action: 'endpoint.held',
    args: ({ endpoint }) => [endpoint],
  },
  'endpoints pause': {
    action: 'endpoint.updated',
    args: ({ endpoint }) => [endpoint],
  },
  'endpoints resume': {
    action: 'endpoint.updated',
    args: ({ endpoint }) => [endpoint],
  },
  'organizations create': {
    action: 'organization.created',
    args: ({ organization }) => ['--name', 'Acme', '--id', organization],
  },
  'organizations limit': {
    action: 'organization.updated',
    args: ({ organization }) => [organization, '--max-endpoints', '7'],
  },
  'organizations list': { harmless: 'reads' },
  'projection rebuild': { harmless: 'rebuilds the tables of the audit from the log' },
  'secrets rotate': { action: 'endpoint.secret_resealed', args: () => [] },
  'tokens create': {
    action: 'token.created',
    args: ({ organization }) => ['--organization', organization, '--name', 'CI', '--scopes', 'all'],
  },
  'tokens list': { harmless: 'reads' },
  'tokens revoke': { action: 'token.revoked', args: ({ tokenId }) => [tokenId] },
  migrate: { harmless: 'changes the schema, no object' },
  replay: {
    action: 'endpoint.recovery_created',
    args: ({ endpoint }) => ['--endpoint', endpoint, '--from', '2020-01-01T00:00:00Z', '--dry-run'],
  },
  restore: { action: 'endpoint.restored', args: () => [] },
};
