import { QueryClient } from '@tanstack/react-query';

import { Problem } from './problem.js';

const MAX_RETRIES = 4;

/**
 * Asks again for what passes by itself, when the API says so or ever later; shows all else at once. What the browser takes
 * for being offline does not hold it back: the API may be on the same machine, and who asks in vain is told.
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
