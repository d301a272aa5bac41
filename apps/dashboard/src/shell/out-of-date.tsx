import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';

import { Icon } from '../parts/icon.js';

/**
 * Shows that data cannot be loaded, why, and that it is tried again: the displayed data may be old or
 * missing. Data that was loaded before stays visible.
 */
export function OutOfDate() {
  const cache = useQueryClient().getQueryCache();
  const message = useSyncExternalStore(
    useCallback((changed: () => void) => cache.subscribe(changed), [cache]),
    () => {
      for (const { state } of cache.findAll({ type: 'active' })) {
        const reason = state.fetchStatus === 'fetching' ? state.fetchFailureReason : null;
        if (state.data === undefined) {
          if (reason) return `Still trying. ${reason.message}`;
        } else {
          const error = reason ?? state.error;
          if (error) return `What you see may be out of date. ${error.message}`;
        }
      }
      return null;
    },
  );
  return (
    <div className="out-of-date" role="status">
      {message !== null && (
        <p className="notice">
          <Icon name="warning" /> <span>{message}</span>
        </p>
      )}
    </div>
  );
}
