import { Audit } from '@skillora/running-stack';

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
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Sends a test through the dispatchers. @returns the API's answer. */
  async test(endpointId: string): Promise<string> {
    const path = `/api/v1/webhook-endpoints/${endpointId}/test/`;
    return (await this.call<{ status: string }>('POST', path)).status;
  }

  /** Over the whole retention. */
  reconciliation(since: string): Promise<Reconciliation> {
    return this.call('GET', `/api/v1/audit/reconciliation/?created_after=${since}`);
  }
}
