import { useMutation, useQueryClient } from '@tanstack/react-query';

import { useApi } from '../session/session.js';

/** What the API answers to a request to send an event again. */
export interface EventResent {
  readonly message: string;
  readonly deliveries: readonly { readonly id: string; readonly endpoint_id: string }[];
  /** The endpoints that do not get it, and why. */
  readonly skipped: readonly { readonly endpoint_id: string; readonly detail: string }[];
}

/** Sends a delivery that has ended again. */
export function useResendDelivery(id: string) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.call(`webhook-deliveries/${id}/resend/`, { method: 'POST' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['delivery', id] }),
  });
}

/** Sends an event again, to one endpoint, or to all active ones that want it. */
export function useResendEvent(id: string) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (endpointId: string | null) =>
      api.call<EventResent>(`webhook-events/${encodeURIComponent(id)}/resend/`, {
        method: 'POST',
        body: endpointId === null ? {} : { endpoint_ids: [endpointId] },
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['event-deliveries', id] }),
  });
}
