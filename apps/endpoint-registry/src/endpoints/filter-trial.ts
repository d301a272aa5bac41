import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  type CompiledFilter,
  compiled,
  FilteredBody,
  type FilterRule,
  type SubscribableEventType,
  undescribedPaths,
} from '@skillora/contracts';
import { DataSource } from 'typeorm';

import { newestFirst } from '../database/newest-first.js';
import { READING } from '../database/reading.js';
import { ListTurns } from '../limits/list-turns.js';
import type { EndpointRow } from './endpoint.js';

/** How many events a filter is tried with: the newest. */
export const TRIED_EVENTS = 100;

/** Bodies are read up to this size together, and then let go, bytes. */
const BYTES_AT_ONCE = 1_048_576;

interface EventKey {
  readonly id: string;
  readonly event_type: SubscribableEventType;
  readonly created_at: Date;
  readonly bytes: number;
}

/** What a filter would have done. */
export interface FilterTrialResult {
  readonly undescribedPaths: readonly string[];
  /** Newest first. */
  readonly events: readonly (Omit<EventKey, 'bytes'> & { readonly matched: boolean })[];
}

/** Tries filters with past events. It changes nothing. */
@Injectable()
export class FilterTrial {
  constructor(
    @InjectDataSource(READING) private readonly dataSource: DataSource,
    private readonly turns: ListTurns,
  ) {}

  /** Tries the rule of a filter with the newest events of the endpoint's types. */
  async run(endpoint: EndpointRow, rule: FilterRule): Promise<FilterTrialResult> {
    const { organization_id: organizationId, events: types } = endpoint;
    const filter = compiled(rule);
    return this.turns.inTurn(organizationId, async () => {
      const keys = await this.newest(organizationId, types);
      const matched = new Set<EventKey>();
      for (const some of together(keys)) {
        for (const key of await this.matching(organizationId, some, filter)) matched.add(key);
      }
      return {
        undescribedPaths: undescribedPaths(rule, types),
        events: keys.map((key) => ({ ...key, matched: matched.has(key) })),
      };
    });
  }

  private newest(organizationId: string, types: readonly SubscribableEventType[]): Promise<EventKey[]> {
    const [text, parameters] = newestFirst(
      {
        table: 'events',
        columns: 'id, event_type, created_at, octet_length(payload) AS bytes',
        equal: { organization_id: organizationId },
        merged: { event_type: types },
      },
      { limit: TRIED_EVENTS, order: 'DESC', beyond: null },
    );
    return this.dataSource.query<EventKey[]>(text, parameters);
  }

  private async matching(
    organizationId: string,
    keys: readonly EventKey[],
    filter: CompiledFilter,
  ): Promise<EventKey[]> {
    const rows = await this.dataSource.query<{ place: string; payload: string }[]>(
      `SELECT wanted.place, e.payload
         FROM unnest($2::uuid[], $3::timestamptz[]) WITH ORDINALITY AS wanted (id, created_at, place)
         JOIN events e ON e.organization_id = $1 AND e.id = wanted.id AND e.created_at = wanted.created_at`,
      [organizationId, keys.map(({ id }) => id), keys.map(({ created_at }) => created_at)],
    );
    return rows.flatMap(({ place, payload }) => {
      const key = keys[Number(place) - 1];
      return key && filter.matches(new FilteredBody(payload)) ? [key] : [];
    });
  }
}

/** The events in groups whose bodies are read together. */
function* together(keys: readonly EventKey[]): Generator<EventKey[], void, void> {
  let some: EventKey[] = [];
  let sum = 0;
  for (const key of keys) {
    if (some.length > 0 && sum + key.bytes > BYTES_AT_ONCE) {
      yield some;
      [some, sum] = [[], 0];
    }
    some.push(key);
    sum += key.bytes;
  }
  if (some.length > 0) yield some;
}
