import {
  createGuardedConnector,
  type EgressPolicy,
  type GuardedConnector,
  type GuardedConnectorOptions,
  parseTargetUrl,
} from '@skillora/egress';

import { TargetNotAllowedError } from './classify-failure.js';
import { ClosingOrigins } from './closing-origins.js';
import { type Connect, ConnectionPool } from './connection-pool.js';

export interface TargetPoolsOptions extends GuardedConnectorOptions {
  readonly policy: EgressPolicy;
  readonly connectionsPerTarget: number;
  /**
   * The maximum number of targets with idle connections; beyond it, the least recently used target loses
   * them.
   */
  readonly maxTargets: number;
}

/** A parsed endpoint URL with the connections to it. */
export interface Target {
  readonly host: string;
  readonly path: string;
  readonly pool: ConnectionPool;
}

/**
 * The connections to each endpoint's URL. They are kept by URL and not by origin, so that an endpoint that
 * hangs cannot use up the connections of other endpoints on its host.
 */
export class TargetPools {
  /** Least recently used first. */
  private readonly targets = new Map<string, Target>();
  private readonly connector: GuardedConnector;
  private readonly closingOrigins: ClosingOrigins;

  constructor(private readonly options: TargetPoolsOptions) {
    this.connector = createGuardedConnector(options.policy, options);
    this.closingOrigins = new ClosingOrigins(options.maxTargets);
  }

  /** The number of targets with connections. */
  get size(): number {
    return this.targets.size;
  }

  /**
   * The target of `url`, for an exchange that is sent at once.
   * @throws {TargetNotAllowedError} when the URL breaks the egress rules.
   */
  target(url: string): Target {
    let target = this.targets.get(url);
    if (target) this.targets.delete(url);
    else target = this.create(url);
    this.targets.set(url, target);
    if (this.targets.size > this.options.maxTargets) this.dropLongestUnused();
    return target;
  }

  /** Lets requests in flight end and closes every connection. */
  async close(): Promise<void> {
    const pools = [...this.targets.values()].map(({ pool }) => pool);
    this.targets.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }

  private create(text: string): Target {
    const parsed = parseTargetUrl(text, this.options.policy);
    if ('problem' in parsed) throw new TargetNotAllowedError(parsed.problem);
    const { origin, host, pathname, search } = parsed.url;
    const pool = new ConnectionPool({
      origin,
      connect: this.connectTo(parsed.url),
      limit: this.options.connectionsPerTarget,
      closingOrigins: this.closingOrigins,
      onEmpty: () => {
        if (this.targets.get(text)?.pool === pool) this.targets.delete(text);
      },
    });
    return { host, path: pathname + search, pool };
  }

  private connectTo({ protocol, host, hostname, port }: URL): Connect {
    const target = { protocol, host, port, hostname: hostname.replace(/^\[(.*)\]$/, '$1') };
    return (callback) => this.connector(target, (...[error, socket]) => callback(error, socket));
  }

  private dropLongestUnused(): void {
    const [oldest] = this.targets;
    if (!oldest) return;
    this.targets.delete(oldest[0]);
    void oldest[1].pool.close();
  }
}
