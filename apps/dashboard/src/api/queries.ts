import { useMutation, useQuery, useQueryClient, keepPreviousData } from '@tanstack/react-query';

import { useApi } from '../session/session.js';
import {
  type Change,
  type Delivery,
  type DeliveryRequest,
  type Endpoint,
  type EventFilter,
  type EventType,
  type FilterTrial,
  NOTICE_TYPES,
  type Page,
  type ShownSecret,
  type Statistics,
  type WebhookEvent,
} from './types.js';

/**
 * All endpoints are read together, because filters, names and health need all of them: at most this many
 * pages of 200.
 */
const MAX_ENDPOINT_PAGES = 10;

export function useEndpoints(refetchEveryMs: number | false = false) {
  const api = useApi();
  return useQuery({
    queryKey: ['endpoints'],
    refetchInterval: refetchEveryMs,
    queryFn: async ({ signal }) => {
      const endpoints: Endpoint[] = [];
      let query: string | null = 'page_size=200';
      for (let page = 0; query !== null && page < MAX_ENDPOINT_PAGES; page += 1) {
        const { results, next }: Page<Endpoint> = await api.call(`webhook-endpoints/?${query}`, { signal });
        endpoints.push(...results);
        query = next === null ? null : new URL(next).search.slice(1);
      }
      return endpoints;
    },
  });
}

export function useEndpoint(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['endpoints', id],
    refetchInterval: 15_000,
    queryFn: ({ signal }) => api.call<Endpoint>(`webhook-endpoints/${encodeURIComponent(id)}/`, { signal }),
  });
}

/** What a visitor did is in the log of changes at once. */
function useRefreshChanged() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['endpoints'] }),
      queries.invalidateQueries({ queryKey: ['changes'] }),
    ]);
}

/** The fields of an endpoint that a visitor chooses. */
export interface EndpointChoice {
  readonly url: string;
  readonly events: readonly EventType[];
  readonly description: string;
  readonly is_active: boolean;
  /** Merged into the present ones; null removes one. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly authentication?: Readonly<Record<string, string>>;
  readonly retry_schedule: string;
  /** A text that is no number goes to the API, which says what is wrong. */
  readonly rate_limit: number | string | null;
  readonly filter: EventFilter | null;
  /** Only on creation; without it, one is generated. */
  readonly secret?: string;
}

export function useSaveEndpoint(id: string | null) {
  const api = useApi();
  const refresh = useRefreshChanged();
  return useMutation({
    mutationFn: (choice: Partial<EndpointChoice>) =>
      id === null
        ? api.call<Endpoint & ShownSecret>('webhook-endpoints/', { method: 'POST', body: choice })
        : api.call<Endpoint>(`webhook-endpoints/${id}/`, {
            method: 'PATCH',
            body: choice,
          }),
    onSuccess: refresh,
  });
}

/** Tries a filter with past events. @param id null while the endpoint does not exist. */
export function useFilterTrial(id: string | null) {
  const api = useApi();
  return useMutation({
    /** The text tells what a result is about. */
    mutationFn: ({ filter }: { readonly text: string; readonly filter: EventFilter }) =>
      api.call<FilterTrial>(`webhook-endpoints/${id ?? ''}/filter/try/`, {
        method: 'POST',
        body: { filter },
      }),
  });
}

/** Holds the deliveries of an endpoint, or resumes them. */
export function useHoldEndpoint(id: string) {
  const api = useApi();
  const refresh = useRefreshChanged();
  return useMutation({
    mutationFn: (action: 'hold' | 'resume') =>
      api.call<Endpoint>(`webhook-endpoints/${id}/${action}/`, { method: 'POST' }),
    onSuccess: refresh,
  });
}

export function useDeleteEndpoint(id: string) {
  const api = useApi();
  const refresh = useRefreshChanged();
  return useMutation({
    mutationFn: () => api.call(`webhook-endpoints/${id}/`, { method: 'DELETE' }),
    onSuccess: refresh,
  });
}

export function useRegenerateSecret(id: string) {
  const api = useApi();
  const refresh = useRefreshChanged();
  return useMutation({
    mutationFn: () => api.call<ShownSecret>(`webhook-endpoints/${id}/regenerate_secret/`, { method: 'POST' }),
    onSuccess: refresh,
  });
}

export function useDeliveries(query: string, refetchEveryMs: number | false) {
  const api = useApi();
  return useQuery({
    queryKey: ['deliveries', query],
    queryFn: ({ signal }) =>
      api.call<Page<Delivery>>(`webhook-deliveries/?page_size=25&${query}`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: refetchEveryMs,
  });
}

export function useDelivery(id: string, refetchEveryMs: number | false) {
  const api = useApi();
  return useQuery({
    queryKey: ['delivery', id],
    queryFn: ({ signal }) => api.call<Delivery>(`webhook-deliveries/${encodeURIComponent(id)}/`, { signal }),
    refetchInterval: refetchEveryMs,
  });
}

/**
 * @param attempts how many attempts were made: each has its own request.
 * @param attempt the number of the attempt whose request is shown as it was sent; null for the newest, with
 * the endpoint's current settings.
 */
export function useDeliveryRequest(id: string, attempts: number, attempt: number | null) {
  const api = useApi();
  const query = attempt === null ? '' : `?attempt=${attempt}`;
  return useQuery({
    queryKey: ['delivery-request', id, attempts, attempt],
    queryFn: ({ signal }) =>
      api.call<DeliveryRequest>(`webhook-deliveries/${encodeURIComponent(id)}/request/${query}`, { signal }),
    placeholderData: keepPreviousData,
  });
}

export function useRetry(id: string) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.call(`webhook-deliveries/${id}/retry/`, { method: 'POST' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['delivery', id] }),
  });
}

export function useEvents(query: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['events', query],
    queryFn: ({ signal }) =>
      api.call<Page<WebhookEvent>>(`webhook-events/?page_size=25&${query}`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
}

/** How many notices of a type are searched for those about an endpoint. */
export const NOTICES_OF_A_TYPE = 100;

/** The newest notices of the organisation, of each type. */
export function useNoticeEvents() {
  const api = useApi();
  return useQuery({
    queryKey: ['events', 'notices'],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(
        NOTICE_TYPES.map((type) =>
          api.call<Page<WebhookEvent>>(`webhook-events/?page_size=${NOTICES_OF_A_TYPE}&event_type=${type}`, {
            signal,
          }),
        ),
      );
      return pages.flatMap(({ results }) => results);
    },
    refetchInterval: 60_000,
  });
}

export function useEvent(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['event', id],
    queryFn: ({ signal }) => api.call<WebhookEvent>(`webhook-events/${encodeURIComponent(id)}/`, { signal }),
  });
}

export function useEventDeliveries(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['event-deliveries', id],
    queryFn: ({ signal }) =>
      api.call<Page<Delivery>>(`webhook-events/${encodeURIComponent(id)}/deliveries/?page_size=200`, {
        signal,
      }),
    refetchInterval: 10_000,
  });
}

/** The log of changes, newest first. */
export function useChanges(query: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['changes', query],
    queryFn: ({ signal }) => api.call<Page<Change>>(`audit/changes/?page_size=25&${query}`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
}

export function useStatistics(query: string, refetchEveryMs: number, enabled = true) {
  const api = useApi();
  return useQuery({
    queryKey: ['statistics', query],
    enabled,
    queryFn: ({ signal }) => api.call<Statistics>(`webhook-stats/?${query}`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: refetchEveryMs,
  });
}
