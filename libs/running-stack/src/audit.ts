import { setTimeout as delay } from 'node:timers/promises';

import type { StackAddress } from './running-stack.js';

/** A delivery in the audit. */
export interface AuditedDelivery {
  readonly id: string;
  readonly endpoint_id: string;
  readonly status: string;
  readonly attempt_count: number;
}

interface Page {
  readonly next: string | null;
  readonly results: AuditedDelivery[];
}

/** The REST API from a customer's view. */
export class Audit {
  constructor(private readonly address: Pick<StackAddress, 'api' | 'token'>) {}

  /** Registers an endpoint for completed interviews. @returns its id. */
  async register(url: string): Promise<string> {
    const response = await fetch(`${this.address.api}/api/v1/webhook-endpoints/`, {
      method: 'POST',
      headers: { ...this.authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ url, events: ['interview_completed'], description: 'a test' }),
    });
    if (response.status !== 201) throw new Error(`no endpoint: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { id: string }).id;
  }

  /** All deliveries to an endpoint, over all pages. */
  async deliveries(endpointId: string, status?: string): Promise<AuditedDelivery[]> {
    const query = new URLSearchParams({
      endpoint_id: endpointId,
      page_size: '200',
      ...(status ? { status } : {}),
    });
    const all: AuditedDelivery[] = [];
    for (
      let url: string | null = `${this.address.api}/api/v1/webhook-deliveries/?${query.toString()}`;
      url !== null;
    ) {
      const page: Page = await this.page(url);
      all.push(...page.results);
      url = page.next;
    }
    return all;
  }

  /** True when no delivery to an endpoint has this status. */
  async none(endpointId: string, status: string): Promise<boolean> {
    const query = new URLSearchParams({ endpoint_id: endpointId, status, page_size: '1' });
    return (
      (await this.page(`${this.address.api}/api/v1/webhook-deliveries/?${query.toString()}`)).results
        .length === 0
    );
  }

  /** How many deliveries to an endpoint were attempted and have not failed for good, by its statistics. */
  async total(endpointId: string): Promise<number> {
    const response = await fetch(`${this.address.api}/api/v1/webhook-endpoints/${endpointId}/`, {
      headers: this.authorization,
    });
    return ((await response.json()) as { total_deliveries: number }).total_deliveries;
  }

  private get authorization(): { authorization: string } {
    return { authorization: `Bearer ${this.address.token}` };
  }

  private async page(url: string): Promise<Page> {
    for (;;) {
      const response = await fetch(url, { headers: this.authorization });
      if (response.ok) return (await response.json()) as Page;
      if (response.status !== 429) throw new Error(`GET ${url} answered ${response.status}`);
      await delay(1_000);
    }
  }
}
