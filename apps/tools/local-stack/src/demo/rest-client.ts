const TIMEOUT_MS = 15_000;
const MISSING = Symbol('missing');

/** The REST API as the demo uses it: JSON in and out, under one token. */
export class RestClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /** @throws when the answer is not a 2xx, with its text. */
  async post<T>(path: string, body: unknown): Promise<T> {
    return (await this.request('POST', path, body)) as T;
  }

  /** @throws when the answer is not a 2xx, with its text. */
  async get<T>(path: string): Promise<T> {
    return (await this.request('GET', path)) as T;
  }

  /** Reads an object that may not exist yet: null on 404. */
  async find<T>(path: string): Promise<T | null> {
    const answer = await this.request('GET', path, undefined, [404]);
    return answer === MISSING ? null : (answer as T);
  }

  /** Deletes an object that may be deleted already: a 404 counts as success. */
  async delete(path: string): Promise<void> {
    await this.request('DELETE', path, undefined, [404]);
  }

  private async request(
    method: string,
    path: string,
    body?: unknown,
    alsoFine: number[] = [],
  ): Promise<unknown> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok && !alsoFine.includes(response.status)) {
      throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    }
    if (response.status === 404) return MISSING;
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
}
