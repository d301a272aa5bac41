import type { StackAddress } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

/* The public types, as a customer's own client would write them. */
export interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly events: string[];
  readonly description: string;
  readonly is_active: boolean;
  readonly header_names: string[];
  readonly authentication: Readonly<Record<string, string>>;
  readonly retry_schedule: 'standard' | 'extended' | 'none';
  readonly rate_limit: number | null;
  readonly held_since: string | null;
  readonly secret?: string;
  readonly standard_webhooks_secret?: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_triggered_at: string | null;
  readonly total_deliveries: number;
  readonly failed_deliveries: number;
  readonly disabled_reason: 'failing' | 'gone' | null;
  readonly disabled_at: string | null;
  readonly health: {
    readonly state: 'healthy' | 'failing' | 'disabled';
    readonly failing_since: string | null;
    readonly last_success_at: string | null;
    readonly consecutive_failures: number;
  };
}

/** What a customer sets of an endpoint. */
export type EndpointSettings = Partial<Omit<Endpoint, 'authentication'>> & {
  readonly headers?: Readonly<Record<string, string>>;
  readonly authentication?: Readonly<Record<string, string>>;
};

export interface Attempt {
  readonly number: number;
  readonly trigger: 'automatic' | 'manual';
  readonly started_at: string;
  readonly duration_ms: number;
  readonly request_bytes: number | null;
  readonly response_status: number | null;
  readonly response_body: string | null;
  readonly error: string | null;
  readonly error_detail: string | null;
  readonly url: string | null;
  readonly endpoint_version: number | null;
  readonly remote_address: string | null;
  readonly signed_with: string[] | null;
  readonly timings_ms: Readonly<Record<'dns' | 'connect' | 'tls' | 'first_byte', number | null>> | null;
  readonly response_headers: Readonly<Record<string, string>> | null;
}

export interface Delivery {
  readonly id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly event_type: string;
  readonly status: 'pending' | 'retrying' | 'success' | 'failed' | 'filtered';
  readonly attempt_count: number;
  readonly next_retry_at: string | null;
  readonly response_status: number | null;
  readonly error: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly delivered_at: string | null;
  readonly attempts: Attempt[];
}

export interface DeliveryRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: string;
  readonly attempt: number | null;
}

export interface WebhookEvent {
  readonly id: string;
  readonly event_type: string;
  readonly payload: Record<string, unknown>;
  readonly occurred_at: string;
  readonly created_at: string;
  readonly deliveries: Record<string, number>;
}

export interface Page<T> {
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: T[];
}

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A customer's client of the REST API, based only on the public contract. */
export class Customer {
  constructor(
    readonly address: StackAddress,
    private readonly token: string = address.token,
  ) {}

  /** A customer of the running stack whose organisation no spec has that runs at the same time. */
  static ofStack(): Customer {
    const all = JSON.parse(process.env['STACK_CUSTOMERS'] ?? '[]') as Pick<
      StackAddress,
      'organizationId' | 'token'
    >[];
    return new Customer({
      ...Customer.ofInstallation().address,
      ...all[Number(process.env['JEST_WORKER_ID'] ?? '1') - 1],
    });
  }

  /** The customer that the running stack was installed with. All specs share it. */
  static ofInstallation(): Customer {
    return new Customer(JSON.parse(process.env['STACK_ADDRESS'] ?? '{}') as StackAddress);
  }

  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(new URL(path, this.address.api), {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /**
   * Registers an endpoint, by default for both event types. It gets no event from before: an event goes to the endpoints
   * that there are when it is matched, which on a busy machine may be some time after it was accepted.
   */
  async register(url: string, change: EndpointSettings = {}): Promise<Endpoint & { secret: string }> {
    await waitFor(() => this.isMatched(), 'that earlier events are matched with endpoints');
    const { status, body } = await this.call<Endpoint & { secret: string }>(
      'POST',
      '/api/v1/webhook-endpoints/',
      {
        url,
        events: ['interview_completed', 'mock_interview_completed'],
        description: 'end to end',
        ...change,
      },
    );
    if (status !== 201) throw new Error(`not registered: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Whether every event that was accepted was matched with endpoints. Who may not read the audit takes it for granted. */
  private async isMatched(): Promise<boolean> {
    const { status, body } = await this.call<{ events_awaiting_fan_out: number }>(
      'GET',
      '/api/v1/audit/reconciliation/',
    );
    return status === 403 || (status === 200 && body.events_awaiting_fan_out === 0);
  }

  /** The newest 200. */
  async endpoints(): Promise<Endpoint[]> {
    return this.list<Endpoint>('/api/v1/webhook-endpoints/?page_size=200');
  }

  async endpoint(id: string): Promise<Endpoint> {
    return (await this.call<Endpoint>('GET', `/api/v1/webhook-endpoints/${id}/`)).body;
  }

  /** The newest 200 that match the filter. */
  async events(filter: Record<string, string>): Promise<WebhookEvent[]> {
    const query = new URLSearchParams({ ...filter, page_size: '200' }).toString();
    return this.list<WebhookEvent>(`/api/v1/webhook-events/?${query}`);
  }

  /** None while the audit does not know the event in the filter (404). */
  async deliveries(filter: Record<string, string>): Promise<Delivery[]> {
    const query = new URLSearchParams(filter).toString();
    return this.list<Delivery>(`/api/v1/webhook-deliveries/?${query}`);
  }

  /** The results of a page; none where the answer is 404. Asks again while the service says that it is too busy (503). */
  private async list<T>(path: string): Promise<T[]> {
    const { status, body } = await waitFor(async () => {
      const answer = await this.call<Page<T>>('GET', path);
      return answer.status !== 503 && answer;
    }, `an answer to ${path}`);
    return status === 404 ? [] : body.results;
  }

  /** The one delivery to an endpoint, once it has this status. */
  async deliveryTo(endpointId: string, status: Delivery['status']): Promise<Delivery | undefined> {
    const deliveries = await this.deliveries({ endpoint_id: endpointId, status });
    return deliveries[0];
  }

  /** The newest delivery to an endpoint, once the audit has an attempt of it. */
  async attempted(endpointId: string): Promise<Delivery> {
    return waitFor(async () => {
      const [delivery] = await this.deliveries({ endpoint_id: endpointId });
      return delivery !== undefined && delivery.attempt_count > 0 && delivery;
    }, `an attempt of a delivery to ${endpointId}`);
  }
}
