import { Problem, toProblem } from './problem.js';

const API = '/api/v1/';

export interface ApiCall {
  readonly method?: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Calls the REST API at the page's origin with the visitor's token. */
export class ApiClient {
  constructor(
    private readonly token: string,
    private readonly tokenRefused: () => void,
  ) {}

  /**
   * @param path below `/api/v1/`.
   * @throws {Problem} for any answer except a success, and when there is none.
   */
  async call<T>(path: string, { method = 'GET', body, signal }: ApiCall = {}): Promise<T> {
    const response = await this.fetch(path, {
      method,
      signal: signal ?? null,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    });
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Opens a stream; the caller reads its body. @throws {Problem} as {@link call}. */
  stream(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    return this.fetch(path, { headers, signal });
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(API + path, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${this.token}` },
        cache: 'no-store',
        credentials: 'omit',
      });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new Problem(0, 'The server cannot be reached. Check your connection.');
    }
    if (response.ok) return response;
    if (response.status === 401) this.tokenRefused();
    const body: unknown = await response.json().catch(() => null);
    throw toProblem(response.status, response.headers.get('retry-after'), body);
  }
}
