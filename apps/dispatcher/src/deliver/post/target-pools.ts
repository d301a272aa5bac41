import {
  createGuardedConnector,
  type EgressPolicy,
  type GuardedConnector,
  type GuardedConnectorOptions,
  parseTargetUrl,
} from '@skillora/egress';
import { type Client, Pool } from 'undici';

import { TargetNotAllowedError } from './classify-failure.js';
import { ConnectionClient } from './connection.js';

/** How long a connection stands idle before it is closed, ms: less than the 5 s after which Node's servers close theirs. */
const IDLE_MS = 4_000;
/** The longest time a receiver's `Keep-Alive: timeout=` can make of it, ms. */
const MAX_IDLE_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;

export interface TargetPoolsOptions extends GuardedConnectorOptions {
  readonly policy: EgressPolicy;
  readonly connectionsPerTarget: number;
  /** Targets whose connections may stand idle at the same time; beyond, the longest unused lose theirs. */
  readonly maxTargets: number;
}

/** An endpoint's URL taken apart, with the connections to it. */
export interface Target {
  readonly origin: string;
  readonly path: string;
  readonly pool: Pool;
}

interface Entry extends Target {
  inFlight: number;
  connected: number;
}

/**
 * The connections to each endpoint's URL. They are kept by URL rather than by origin, so that of several endpoints on one
 * host the one that hangs cannot take the connections the others need.
 */
export class TargetPools {
  /** In the order of use, the longest unused first. */
  private readonly entries = new Map<string, Entry>();
  private readonly connector: GuardedConnector;
  private readonly clientOptions: Omit<Client.Options, 'connect'>;

  constructor(private readonly options: TargetPoolsOptions) {
    this.connector = createGuardedConnector(options.policy, options);
    this.clientOptions = {
      // The attempt's own limit covers everything; undici's would only end it earlier, or fire beside it.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: MAX_IDLE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      pipelining: 1,
    };
  }

  /** Targets whose connections are held. */
  get size(): number {
    return this.entries.size;
  }

  /**
   * Runs `use` with the target of `url`.
   * @throws {TargetNotAllowedError} when the URL breaks the egress rules, and whatever `use` throws.
   */
  async with<T>(url: string, use: (target: Target) => Promise<T>): Promise<T> {
    const entry = this.entry(url);
    entry.inFlight += 1;
    try {
      return await use(entry);
    } finally {
      entry.inFlight -= 1;
      this.dropIfUnused(url, entry);
    }
  }

  /** A client with a connection of its own, for one request; the caller closes it. */
  freshClient({ origin }: Target): ConnectionClient {
    return new ConnectionClient(origin, this.connector, this.clientOptions);
  }

  /** Lets requests in flight end and closes every connection. */
  async close(): Promise<void> {
    const pools = [...this.entries.values()].map(({ pool }) => pool);
    this.entries.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }

  private entry(url: string): Entry {
    let entry = this.entries.get(url);
    if (entry) this.entries.delete(url);
    else entry = this.create(url);
    this.entries.set(url, entry);
    if (this.entries.size > this.options.maxTargets) this.dropLongestUnused();
    return entry;
  }

  private create(text: string): Entry {
    const parsed = parseTargetUrl(text, this.options.policy);
    if ('problem' in parsed) throw new TargetNotAllowedError(parsed.problem);
    const { origin, pathname, search } = parsed.url;
    const pool = new Pool(origin, {
      ...this.clientOptions,
      connections: this.options.connectionsPerTarget,
      factory: (poolOrigin) => new ConnectionClient(poolOrigin, this.connector, this.clientOptions),
    });
    const entry: Entry = { origin, path: pathname + search, pool, inFlight: 0, connected: 0 };
    pool
      .on('connect', () => {
        entry.connected += 1;
      })
      .on('disconnect', () => {
        entry.connected -= 1;
        this.dropIfUnused(text, entry);
      });
    return entry;
  }

  private dropIfUnused(url: string, entry: Entry): void {
    if (entry.inFlight > 0 || entry.connected > 0 || this.entries.get(url) !== entry) return;
    this.entries.delete(url);
    closeQuietly(entry.pool);
  }

  private dropLongestUnused(): void {
    const [oldest] = this.entries;
    if (!oldest) return;
    this.entries.delete(oldest[0]);
    closeQuietly(oldest[1].pool);
  }
}

/** Closes a pool once its requests have ended. One that fails to close has no connection left to lose. */
function closeQuietly(pool: Pool): void {
  pool.close().catch(() => undefined);
}
