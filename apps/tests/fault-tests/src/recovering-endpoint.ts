import { ApiEndpoint, type StackAddress } from '@skillora/running-stack';
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
  private readonly endpoint: ApiEndpoint;

  constructor(address: Pick<StackAddress, 'api' | 'token'>, endpointId: string) {
    this.endpoint = new ApiEndpoint(address, endpointId);
  }

  async change(fields: object): Promise<void> {
    await this.endpoint.call('PATCH', '', fields);
  }

  /** How many of its deliveries have failed for good. */
  async failures(): Promise<number> {
    return (await this.endpoint.call<{ failed_deliveries: number }>('GET')).failed_deliveries;
  }

  /** Begins a recovery of what failed and what was missed since a time. @returns its id. */
  async recover(since: Date, rate: number): Promise<string> {
    const body = { since: since.toISOString(), what: 'undelivered', rate };
    return (await this.endpoint.call<{ id: string }>('POST', 'recoveries/', body)).id;
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
      const answer = await this.endpoint.call<Progress>('GET', `recoveries/${recoveryId}/`).catch(() => null);
      const shown = answer ?? seen.last;
      seen.last = shown;
      if (shown === null) return { over: false, come: 0 };
      return { over: over(shown), come: shown.sent + shown.succeeded + shown.failed + shown.skipped };
    });
    if (seen.last === null) throw new Error('a wait that ended saw nothing');
    return seen.last;
  }
}
