import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

import { useApi } from '../session/session.js';
import { followDeliveries, type Liveness } from './follow-deliveries.js';

const LiveContext = createContext<Liveness>('polling');

/** The shortest time between two reads of a list, however much changes. */
const REFRESH_EVERY_MS = 1_500;
const POLL_EVERY_MS = 5_000;

/** Keeps the displayed data up to date with the stream of changes; there is one stream for the whole page. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const api = useApi();
  const queries = useQueryClient();
  const [live, setLive] = useState<Liveness>('polling');

  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const refresh = () => {
      timer ??= setTimeout(() => {
        timer = null;
        for (const key of ['deliveries', 'event-deliveries', 'events', 'statistics']) {
          void queries.invalidateQueries({ queryKey: [key] });
        }
      }, REFRESH_EVERY_MS);
    };
    void followDeliveries(
      api,
      {
        live: setLive,
        changed: (delivery) => {
          // The stream leaves out receivers' answers, so the displayed delivery is read again.
          void queries.invalidateQueries({ queryKey: ['delivery', delivery.id] });
          refresh();
        },
        reset: () => {
          void queries.invalidateQueries({ queryKey: ['delivery'] });
          refresh();
        },
      },
      ending.signal,
    );
    return () => {
      ending.abort();
      if (timer) clearTimeout(timer);
    };
  }, [api, queries]);

  return <LiveContext value={live}>{children}</LiveContext>;
}

/** Whether changes arrive through the stream, and how often to read again while they do not. */
export function useLive(): { live: Liveness; pollEveryMs: number | false } {
  const live = useContext(LiveContext);
  return { live, pollEveryMs: live === 'polling' ? POLL_EVERY_MS : false };
}
