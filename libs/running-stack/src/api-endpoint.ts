import type { StackAddress } from './running-stack.js';

const ANSWER_LIMIT_MS = 60_000;

/** One endpoint, over the REST API. */
export class ApiEndpoint {
  private readonly url: string;

  constructor(
    private readonly address: Pick<StackAddress, 'api' | 'token'>,
    readonly id: string,
  ) {
    this.url = `${address.api}/api/v1/webhook-endpoints/${id}/`;
  }

  /** Sends a request to a path below the endpoint. @returns the answer's body, null if it has none. */
  async call<T>(method: string, path = '', body?: object): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.address.token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  }
}
