import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { Page } from '../api/types.js';
import { useApi } from '../session/session.js';

export const RECOVERED = ['undelivered', 'failed', 'missed', 'all'] as const;
export type Recovered = (typeof RECOVERED)[number];

/** A recovery, as the API shows it. */
export interface Recovery {
  readonly id: string;
  readonly what: Recovered;
  readonly since: string;
  readonly until: string;
  readonly rate: number | null;
  readonly dry_run: boolean;
  readonly status: 'counting' | 'running' | 'done' | 'cancelled';
  readonly waits_for: string | null;
  readonly reason: string | null;
  readonly expected: number;
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly available_from: string | null;
  readonly created_at: string;
  readonly ended_at: string | null;
}

/** What a visitor chooses. */
export interface RecoveryChoice {
  readonly since: string;
  readonly until: string | null;
  readonly what: Recovered;
  readonly rate: number | null;
  readonly dry_run: boolean;
}

const SHOWN = 5;
const LIVE_MS = 1_000;
const CALM_MS = 15_000;

/** The newest recoveries of an endpoint. They are read each second while one of them has not ended. */
export function useRecoveries(endpointId: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['recoveries', endpointId],
    queryFn: ({ signal }) =>
      api.call<Page<Recovery>>(
        `webhook-endpoints/${encodeURIComponent(endpointId)}/recoveries/?page_size=${SHOWN}`,
        { signal },
      ),
    refetchInterval: ({ state }) =>
      state.data?.results.some(({ ended_at }) => ended_at === null) ? LIVE_MS : CALM_MS,
  });
}

function useRefreshed(endpointId: string) {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['recoveries', endpointId] }),
      queries.invalidateQueries({ queryKey: ['changes'] }),
    ]);
}

export function useRecover(endpointId: string) {
  const api = useApi();
  const refresh = useRefreshed(endpointId);
  return useMutation({
    mutationFn: (body: RecoveryChoice) =>
      api.call<Recovery>(`webhook-endpoints/${endpointId}/recoveries/`, { method: 'POST', body }),
    onSuccess: refresh,
  });
}

export function useCancelRecovery(endpointId: string) {
  const api = useApi();
  const refresh = useRefreshed(endpointId);
  return useMutation({
    mutationFn: (id: string) =>
      api.call(`webhook-endpoints/${endpointId}/recoveries/${id}/`, { method: 'DELETE' }),
    onSettled: refresh,
  });
}
