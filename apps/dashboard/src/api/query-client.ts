import { QueryClient } from '@tanstack/react-query';

import { Problem } from './problem.js';

const MAX_RETRIES = 4;

/**
 * Repeats requests after temporary errors, when the API says so or with growing delays; shows other errors at
 * once. It ignores the browser's offline state, because the API may be on the same machine.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      mutations: { networkMode: 'always' },
      queries: {
        networkMode: 'always',
        refetchOnReconnect: true,
        staleTime: 2_000,
        retry: (failures, error) => error instanceof Problem && error.passes && failures < MAX_RETRIES,
        retryDelay: (failures, error) =>
          (error instanceof Problem ? error.retryAfterMs : null) ?? Math.min(10_000, 500 * 2 ** failures),
      },
    },
  });
}
