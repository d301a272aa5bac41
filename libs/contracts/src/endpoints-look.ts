import { jsonRecordSchema, RecordHeaders } from './record-schema.js';

/**
 * A look, on `webhook.events` between the events. All changes of endpoints that were answered before an event behind it
 * was accepted are on `webhook.endpoints`, so who matches events with endpoints reads that topic to its end once before
 * it goes on. All other readers of events pass it over. endpoint-registry writes it: see `docs/decisions/36`.
 */
export interface EndpointsLook {
  /** When it was written, ISO 8601 in UTC, milliseconds. */
  readonly writtenAt: string;
}

export const endpointsLookSchema = jsonRecordSchema<EndpointsLook>('webhook.endpoints-look', 1, {
  writtenAt: 'string',
});

/** Whether a record of `webhook.events` is a look, by its headers; every version of one is. */
export function isEndpointsLook(headers: Readonly<Record<string, string | undefined>>): boolean {
  return headers[RecordHeaders.schema] === endpointsLookSchema.name;
}
