import { type SyntheticEvent, useState } from 'react';

import { ApiClient } from '../api/api-client.js';
import { Problem } from '../api/problem.js';
import { Button } from '../parts/button.js';
import { Logo } from '../shell/logo.js';
import { useTitle } from '../shell/use-title.js';
import { useSession } from './session.js';

/** Asks for a token, and tries it before the visitor is signed in. */
export function SignInPage() {
  useTitle('Sign in');
  const { signIn, notice } = useSession();
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    const given = token.trim();
    if (given === '') {
      setProblem('Enter your API token.');
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await new ApiClient(given, () => undefined).call('webhook-deliveries/?page_size=1');
      signIn(given);
    } catch (error) {
      // A token that may not read deliveries may still manage endpoints.
      if (error instanceof Problem && error.status === 403) signIn(given);
      else if (error instanceof Problem && error.status === 401)
        setProblem('This token is unknown or no longer valid.');
      else setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <form className="card sign-in-card" onSubmit={(event) => void submit(event)} noValidate>
        <Logo />
        <h1>Webhook dashboard</h1>
        <p className="muted">
          See which webhooks were sent to your servers, when, and what your servers answered.
        </p>
        {notice !== null && (
          <p className="notice" role="status">
            {notice}
          </p>
        )}
        <div className="field">
          <label htmlFor="token">API token</label>
          <input
            id="token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={token}
            onChange={(event) => setToken(event.target.value)}
            aria-invalid={problem !== null}
            aria-describedby="token-hint token-problem"
          />
          <p id="token-hint" className="hint">
            Kept in this tab only, until you close it.
          </p>
          <p id="token-problem" className="problem" role="alert">
            {problem}
          </p>
        </div>
        <Button type="submit" variant="primary" busy={busy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
