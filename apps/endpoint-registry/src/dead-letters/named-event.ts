import { eventId, isUuid } from '@skillora/contracts';
import type { RawHeader } from '@skillora/kafka';

import type { DeadLetter } from './dead-letter.js';

/** What a refused record says of itself, as far as it can be read. */
export interface NamedEvent {
  readonly source: string | null;
  /** The CloudEvent's own id. */
  readonly sourceId: string | null;
  /** The id that the event has here; null if source or id cannot be read. */
  readonly eventId: string | null;
  /** In lower case; null if neither key nor event names one. */
  readonly organizationId: string | null;
}

/**
 * Reads source, id and organisation of a refused record, in binary or structured mode. It accepts more than
 * the intake does: what is wrong with the record does not matter here, and nothing is checked.
 */
export function namedEvent({
  key,
  value,
  headers,
}: Pick<DeadLetter, 'key' | 'value' | 'headers'>): NamedEvent {
  const attribute = reader(headers, value);
  const [source, sourceId] = [attribute('source'), attribute('id')];
  const named = [key?.toString('utf8'), attribute('organizationid')].find(isUuid);
  return {
    source,
    sourceId,
    eventId: source === null || sourceId === null ? null : eventId(source, sourceId),
    organizationId: named?.toLowerCase() ?? null,
  };
}

type Reader = (attribute: 'id' | 'source' | 'organizationid') => string | null;

function reader(headers: readonly RawHeader[], value: Buffer | null): Reader {
  const texts = new Map(headers.map((each) => [each.name.toString('utf8').toLowerCase(), each.value]));
  if (texts.has('ce_id') || texts.has('ce_source')) {
    return (name) => texts.get(`ce_${name}`)?.toString('utf8') ?? null;
  }
  const event = value === null ? null : parsed(value);
  return (name) => {
    const found = typeof event === 'object' && event !== null && Object.hasOwn(event, name) ? event : {};
    const text = (found as Record<string, unknown>)[name];
    return typeof text === 'string' ? text : null;
  };
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8').replace(/^\ufeff/, ''));
  } catch {
    return null;
  }
}
