import { ApiRefusal, oneLine } from './problems.js';

/** An answer to a single request takes no longer; a stream has no end. */
const ANSWER_LIMIT_MS = 30_000;

/** The REST API with the token of the person who listens. Every method throws an {@link ApiRefusal} for no 2xx. */
export class ApiClient {
  private readonly base: string;

  /** @param api where the API is, without `/api/v1/`. */
  constructor(
    api: URL,
    private readonly token: string,
  ) {
    this.base = `${api.origin}${api.pathname.replace(/\/$/, '')}/api/v1/`;
  }

  /** @param path below `/api/v1/`, with its query. */
  async read<T>(path: string, signal: AbortSignal): Promise<T> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
    const response = await this.request(path, {}, limit);
    return (await response.json()) as T;
  }

  /** Opens a stream of server-sent events, to continue after `lastEventId`. @returns its bytes. */
  async stream(
    path: string,
    lastEventId: string | null,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const headers = {
      accept: 'text/event-stream',
      ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
    };
    const { body } = await this.request(path, headers, signal);
    if (body === null) throw new Error('the answer has no body');
    return body;
  }

  private async request(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    const response = await fetch(this.base + path, {
      // A redirect would take the token elsewhere.
      redirect: 'manual',
      headers: { ...headers, authorization: `Bearer ${this.token}` },
      signal,
    });
    if (response.ok) return response;
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    throw new ApiRefusal(
      response.status,
      await detailOf(response),
      Number.isFinite(seconds) ? seconds * 1_000 : null,
    );
  }
}

/** What an answer says about a refusal: its `detail`, or all of a JSON body. */
async function detailOf(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { detail?: unknown };
    return oneLine(typeof body.detail === 'string' ? body.detail : JSON.stringify(body));
  } catch {
    return 'its answer is not from this API';
  }
}
