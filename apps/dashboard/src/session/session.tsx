import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';

import { ApiClient } from '../api/api-client.js';

const KEPT_AS = 'skillora.token';

/** The session: a token that is kept only in this tab and sent only in a header. */
export interface Session {
  readonly api: ApiClient | null;
  /** Why the visitor has to sign in, when it is not the first time. */
  readonly notice: string | null;
  readonly signIn: (token: string) => void;
  readonly signOut: (notice?: string) => void;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const [token, setToken] = useState(() => sessionStorage.getItem(KEPT_AS));
  const [notice, setNotice] = useState<string | null>(null);

  const signOut = useCallback(
    (why?: string) => {
      sessionStorage.removeItem(KEPT_AS);
      queries.clear();
      setToken(null);
      setNotice(why ?? null);
    },
    [queries],
  );
  const signIn = useCallback((given: string) => {
    sessionStorage.setItem(KEPT_AS, given);
    setNotice(null);
    setToken(given);
  }, []);
  const session = useMemo(
    () => ({
      api:
        token === null
          ? null
          : new ApiClient(token, () => signOut('Your token is no longer valid. Please sign in again.')),
      notice,
      signIn,
      signOut,
    }),
    [token, notice, signIn, signOut],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('there is no session around this');
  return session;
}

/** The API with the visitor's token; only for pages that need a session. */
export function useApi(): ApiClient {
  const { api } = useSession();
  if (!api) throw new Error('nobody is signed in');
  return api;
}
