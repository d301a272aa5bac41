import { Audit } from '@skillora/running-stack';
import { untilItHolds } from '@skillora/testing';

const ANSWER_LIMIT_MS = 180_000;

/** A page of any list. */
export interface Page<T> {
  readonly next: string | null;
  readonly results: T[];
}

/** The counts of the reconciliation: some must be zero, and some must not. */
export interface Reconciliation {
  readonly events_accepted: number;
  readonly events_awaiting_fan_out: number;
  readonly events_not_fanned_out: number;
  readonly events_missing: number;
  readonly deliveries_expected: number;
  readonly deliveries_ended: number;
  readonly deliveries_open: number;
  readonly deliveries_missing: number;
}

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** A customer who uses one instance of endpoint-registry. */
export class Customer {
  readonly audit: Audit;

  constructor(
    readonly api: string,
    private readonly token: string,
  ) {
    this.audit = new Audit({ api, token });
  }

  /** @throws for an answer of 400 or above, with its body. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask<T>(method, path, body);
    if (answer.status >= 400)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** As {@link call}, for whoever looks at the status. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const response = await fetch(new URL(path, this.api), {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  /**
   * Sends a test through the dispatchers. @returns what the API answers. Where its outcome is not known in time, as on a slow
   * machine while members of a group are exchanged, what the delivery log tells in the end.
   */
  async test(endpointId: string): Promise<string> {
    const path = `/api/v1/webhook-endpoints/${endpointId}/test/`;
    const { status, body } = await this.ask<{ status: string; delivery_id?: string }>('POST', path);
    if (status === 200) return body.status;
    if (status !== 502) throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(body)}`);
    let outcome = 'pending';
    await untilItHolds('the outcome of a test send', async () => {
      const log = `/api/v1/webhook-deliveries/${body.delivery_id}/`;
      const known = await this.ask<{ status: string }>('GET', log);
      if (known.status === 200) outcome = known.body.status;
      return outcome !== 'pending';
    });
    return outcome;
  }

  /** Asks for a retry. What was stored when the answer was 503 takes effect by itself. */
  async retry(deliveryId: string): Promise<void> {
    const path = `/api/v1/webhook-deliveries/${deliveryId}/retry/`;
    let isStored = false;
    await untilItHolds('the grant of a retry', async () => {
      const { status } = await this.ask('POST', path);
      if (status === 202 || (status === 409 && isStored)) return true;
      if (status !== 503) throw new Error(`POST ${path} answered ${status}`);
      isStored = true;
      return false;
    });
  }

  /** Over the whole retention. */
  reconciliation(since: string): Promise<Reconciliation> {
    return this.call('GET', `/api/v1/audit/reconciliation/?created_after=${since}`);
  }
}
