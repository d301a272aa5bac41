import { useEffect, useState } from 'react';
import { Link } from 'wouter';

import type { ApiClient } from '../api/api-client.js';
import { Problem } from '../api/problem.js';
import type { Delivery, Endpoint, Page } from '../api/types.js';
import { AttemptAnswer } from '../deliveries/attempt-answer.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { shortUrl } from '../parts/format.js';
import { LoadingBlock } from '../parts/states.js';
import { useApi } from '../session/session.js';

interface Outcome {
  readonly ok: boolean;
  readonly message: string;
  readonly delivery: Delivery | null;
}

/** Sends a test each time it opens, and shows what the receiver answered. */
export function TestSendDialog({
  endpoint,
  open,
  close,
}: {
  readonly endpoint: Endpoint;
  readonly open: boolean;
  readonly close: () => void;
}) {
  return (
    <Dialog open={open} close={close} title="Test webhook" description={shortUrl(endpoint.url)}>
      <TestSend endpoint={endpoint} close={close} />
    </Dialog>
  );
}

function TestSend({ endpoint, close }: { readonly endpoint: Endpoint; readonly close: () => void }) {
  const api = useApi();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [turn, setTurn] = useState(1);

  useEffect(() => {
    let left = false;
    setOutcome(null);
    void sendTest(api, endpoint.id).then((found) => {
      if (!left) setOutcome(found);
    });
    return () => {
      left = true;
    };
  }, [api, endpoint.id, turn]);

  const attempt = outcome?.delivery?.attempts.at(-1);
  return (
    <>
      <div className="test-outcome" aria-live="polite">
        {outcome === null ? (
          <>
            <p className="muted">Waiting for the receiver’s answer…</p>
            <LoadingBlock what="the receiver’s answer" />
          </>
        ) : (
          <>
            <p className={`test-verdict ${outcome.ok ? 'good' : 'bad'}`}>{outcome.message}</p>
            {attempt && <AttemptAnswer attempt={attempt} />}
          </>
        )}
      </div>
      <div className="dialog-actions">
        {outcome?.delivery && (
          <Link href={`/deliveries/${outcome.delivery.id}`} className="button plain">
            Open the delivery
          </Link>
        )}
        <Button onClick={() => setTurn(turn + 1)} disabled={outcome === null}>
          Send again
        </Button>
        <Button variant="primary" onClick={close}>
          Close
        </Button>
      </div>
    </>
  );
}

async function sendTest(api: ApiClient, id: string): Promise<Outcome> {
  try {
    const { message } = await api.call<{ message: string }>(`webhook-endpoints/${id}/test/`, {
      method: 'POST',
    });
    return { ok: true, message, delivery: await newestTest(api, id) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const sent = error instanceof Problem && error.status === 502;
    return { ok: false, message, delivery: sent ? await newestTest(api, id) : null };
  }
}

/**
 * When the API answers, the delivery log has the result. A token that may not read the log sees only whether
 * it succeeded.
 */
async function newestTest(api: ApiClient, id: string): Promise<Delivery | null> {
  const query = `endpoint_id=${id}&event_type=test&page_size=1`;
  const page = await api.call<Page<Delivery>>(`webhook-deliveries/?${query}`).catch(() => null);
  return page?.results[0] ?? null;
}
