import type { AttemptEffect } from './concurrency-limit.js';
import type { QueuedWork } from './endpoint-queue.js';
import type { Pacing } from './pace-gates.js';
import type { Timing } from './wake-times.js';

/** The limits of concurrent attempts. */
export interface QueueLimits {
  /** To one endpoint. */
  readonly perEndpoint: number;
  /** To one host, for one organisation: see {@link HostLimits}. */
  readonly perHost: number;
  /**
   * To all endpoints together, counting attempts that began within the last second. As many older attempts
   * may run beside them.
   */
  readonly overall: number;
}

/** A piece of work whose turn it is. */
export interface Turn {
  /** The work goes first, because a person waits for it and few such pieces were queued. */
  readonly isUrgent: boolean;
  /** To be called when the request is given to the network. */
  readonly onSent: () => void;
  /**
   * Waits until another request may be given to the network for the same work, after the answer to the first.
   * @param withinMs how long it may wait, ms.
   * @returns false when the endpoint's rate limit leaves no place for it within that time.
   */
  readonly another: (withinMs: number) => Promise<boolean>;
}

/** What the queues need from their owner. */
export interface QueueSurroundings<T extends QueuedWork> extends Timing {
  /** Starts one piece of work. The promise resolves, and never rejects, when the work has ended. */
  begin(work: T, turn: Turn): Promise<AttemptEffect>;
  /** The hosts that an attempt to the endpoint may reach now. The attempt counts for each of them. */
  hostsOf(endpointId: string): readonly string[];
  /** The endpoints' rate limits. */
  readonly pacing: Pacing<T>;
}
