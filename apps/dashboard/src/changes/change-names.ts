import type { Change } from '../api/types.js';
import { type KnownEndpoints, endpointName } from '../endpoints/endpoint-name.js';
import { shortUrl } from '../parts/format.js';

const ACTIONS: Readonly<Record<string, string>> = {
  'endpoint.created': 'Endpoint created',
  'endpoint.updated': 'Endpoint changed',
  'endpoint.deleted': 'Endpoint deleted',
  'endpoint.disabled': 'Endpoint disabled by the service',
  'endpoint.secret_regenerated': 'New secret created',
  'endpoint.secret_resealed': 'Secret encrypted with another key',
  'endpoint.held': 'Deliveries held',
  'endpoint.resumed': 'Deliveries resumed',
  'endpoint.replayed': 'Events sent again',
  'endpoint.recovery_created': 'Recovery begun',
  'endpoint.recovery_cancelled': 'Recovery cancelled',
  'endpoint.withdrawn': 'Change undone: it could not be put into effect',
  'endpoint.blanked': 'Data of a deleted endpoint erased',
  'endpoint.restored': 'Endpoint restored',
  'token.created': 'Token created',
  'token.updated': 'Token changed',
  'token.revoked': 'Token revoked',
  'token.restored': 'Token restored',
  'organization.created': 'Organisation created',
  'organization.updated': 'Organisation changed',
  'organization.restored': 'Organisation restored',
  'delivery.retried': 'Delivery retried by hand',
  'delivery.resent': 'Delivery sent again',
  'event.resent': 'Event sent again',
};

/** The actions that this page knows, in the order of the filter. */
export const KNOWN_ACTIONS: readonly string[] = Object.keys(ACTIONS);

/** An action in words; one that this page does not know is shown as it is. */
export function actionName(action: string): string {
  return ACTIONS[action] ?? action;
}

const OBJECT_TYPES: Readonly<Record<string, string>> = {
  endpoint: 'Endpoint',
  token: 'Token',
  organization: 'Organisation',
  delivery: 'Delivery',
  event: 'Event',
};

export const KNOWN_OBJECT_TYPES: readonly string[] = Object.keys(OBJECT_TYPES);

export function objectTypeName(type: string): string {
  return OBJECT_TYPES[type] ?? type;
}

const FIELDS: Readonly<Record<string, string>> = {
  url: 'URL',
  events: 'Events',
  description: 'Description',
  is_active: 'Active',
  retry_schedule: 'Retries',
  disabled_reason: 'Disabled because',
  disabled_at: 'Disabled',
  enabled_at: 'Health counts from',
  rate_limit: 'Rate limit',
  held_since: 'Held since',
  version: 'Version',
  name: 'Name',
  scopes: 'Scopes',
  created_at: 'Created',
  deleted_at: 'Deleted',
  expires_at: 'Expires',
  revoked_at: 'Revoked',
  max_endpoints: 'Most endpoints',
  status: 'Status',
  round: 'Round of attempts',
  endpoint_id: 'Endpoint',
  endpoint_ids: 'Endpoints',
  event_type: 'Event type',
  event_id: 'Event',
  'secret.fingerprint': 'Secret, fingerprint',
  'secret.sealed_with': 'Secret, encrypted with key',
  'token.fingerprint': 'Token, fingerprint',
};

/** A field in words, by its path; one that this page does not know is shown as it is. */
export function fieldName(path: string): string {
  return Object.hasOwn(FIELDS, path) ? (FIELDS[path] ?? path) : path;
}

/** Who did it. A person chose the name, so it is shown in quotation marks. */
export function actorName({ type, id, name }: Change['actor']): string {
  const named = name === null ? '' : ` “${name}”`;
  if (type === 'token') return `Token${named || ` ${(id ?? 'of unknown id').slice(0, 8)}…`}`;
  if (type === 'operator') return `Operator${named}`;
  return name === null ? 'The service itself' : `The service itself: ${name}`;
}

/** What it was done to. The entry itself names an object that is not known any more. */
export function objectName(change: Change, endpoints: KnownEndpoints): string {
  const { object_type, object_id, before, after } = change;
  const told = (field: string): string | null => {
    const value = after?.[field] ?? before?.[field];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  if (object_type === 'endpoint') {
    const url = told('url');
    return url === null ? endpointName(endpoints, object_id) : shortUrl(url);
  }
  return told('name') ?? `${objectTypeName(object_type)} ${object_id.slice(0, 8)}…`;
}

/** The names of the fields that have another value, for a list. Empty if the entry shows none, or all of a new object. */
export function changedFields({ before, after }: Change): string {
  if (before === null || after === null) return '';
  const names = Object.keys(after).filter(
    (name) =>
      name !== 'version' &&
      Object.hasOwn(before, name) &&
      JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  return names.map((name) => (name === 'secret' ? 'Secret' : fieldName(name))).join(', ');
}
