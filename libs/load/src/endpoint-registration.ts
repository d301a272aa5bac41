import { setTimeout as delay } from 'node:timers/promises';

import type { LoadEventType } from './interview-event.js';

const ANSWER_LIMIT_MS = 15_000;

/** Registers customers' servers over the REST API, and removes them again. */
export class EndpointRegistration {
  private readonly ids: string[] = [];

  /** @param api the base URL of endpoint-registry. */
  constructor(
    private readonly api: string,
    private readonly token: string,
  ) {}

  /**
   * Registers a server, by default for completed interviews; waits when a limit is exceeded (429).
   * @param fields further fields of the endpoint.
   * @returns the endpoint's id.
   */
  async register(
    url: string,
    description: string,
    type: LoadEventType = 'interview_completed',
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const body = JSON.stringify({ url, events: [type], description, ...fields });
    for (;;) {
      const response = await this.call('POST', '/api/v1/webhook-endpoints/', body);
      const text = await response.text();
      if (response.ok) {
        const { id } = JSON.parse(text) as { id: string };
        this.ids.push(id);
        return id;
      }
      if (response.status !== 429) throw new Error(`no endpoint for ${url}: ${response.status} ${text}`);
      await delay(1_000);
    }
  }

  /** Changes fields of an endpoint; waits when a limit is exceeded (429). */
  async change(id: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    for (;;) {
      const response = await this.call('PATCH', `/api/v1/webhook-endpoints/${id}/`, JSON.stringify(fields));
      const text = await response.text();
      if (response.ok) return;
      if (response.status !== 429) throw new Error(`no change of ${id}: ${response.status} ${text}`);
      await delay(1_000);
    }
  }

  /**
   * Deletes the registered endpoints, which ends their open deliveries.
   * @returns how many could not be deleted.
   */
  async removeAll(): Promise<number> {
    let left = 0;
    for (const id of this.ids.splice(0)) {
      for (;;) {
        const response = await this.call('DELETE', `/api/v1/webhook-endpoints/${id}/`).catch(() => null);
        await response?.arrayBuffer();
        if (response?.status === 429) await delay(1_000);
        else {
          if (response?.status !== 204 && response?.status !== 404) left += 1;
          break;
        }
      }
    }
    return left;
  }

  private call(method: string, path: string, body?: string): Promise<Response> {
    return fetch(new URL(path, this.api), {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
  }
}
