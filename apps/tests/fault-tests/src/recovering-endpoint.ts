import type { StackAddress } from '@skillora/running-stack';
import { whileItMoves } from '@skillora/testing';

/** A recovery, as the API shows it. */
export interface Progress {
  readonly status: string;
  readonly expected: number;
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

/** An endpoint with a recovery, over the API. A wait goes on while a part of the system is away. */
export class RecoveringEndpoint {
  private readonly url: string;

  constructor(
    private readonly address: Pick<StackAddress, 'api' | 'token'>,
    endpointId: string,
  ) {
    this.url = `${address.api}/api/v1/webhook-endpoints/${endpointId}/`;
  }

  async change(fields: object): Promise<void> {
    await this.ask('PATCH', '', fields);
  }

  /** How many of its deliveries have failed for good. */
  async failures(): Promise<number> {
    return ((await this.ask('GET', '')) as { failed_deliveries: number }).failed_deliveries;
  }

  /** Begins a recovery of what failed and what was missed since a time. @returns its id. */
  async recover(since: Date, rate: number): Promise<string> {
    const body = { since: since.toISOString(), what: 'undelivered', rate };
    return ((await this.ask('POST', 'recoveries/', body)) as { id: string }).id;
  }

  /** Waits until a recovery has sent so many deliveries, or has ended. */
  async hasSent(recoveryId: string, count: number): Promise<Progress> {
    return this.progress(recoveryId, ({ sent, status }) => sent >= count || status === 'done');
  }

  /** Waits until a recovery has ended. */
  async hasEnded(recoveryId: string): Promise<Progress> {
    return this.progress(recoveryId, ({ status }) => status === 'done');
  }

  private async progress(recoveryId: string, over: (shown: Progress) => boolean): Promise<Progress> {
    const seen: { last: Progress | null } = { last: null };
    await whileItMoves('the recovery', async () => {
      const answer = await this.ask('GET', `recoveries/${recoveryId}/`).catch(() => null);
      const shown = (answer as Progress | null) ?? seen.last;
      seen.last = shown;
      if (shown === null) return { over: false, come: 0 };
      return { over: over(shown), come: shown.sent + shown.succeeded + shown.failed + shown.skipped };
    });
    if (seen.last === null) throw new Error('a wait that ended saw nothing');
    return seen.last;
  }

  private async ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.address.token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status} ${text}`);
    return JSON.parse(text);
  }
}
