import { duration, setting } from './settings.js';

/** The settings of services whose clients keep connections open. */
export const connectionSettings = {
  /**
   * How long an idle connection is kept. It must be longer than the idle timeout of any load balancer in
   * front: the load balancer must close first, because it knows when it sends a request.
   */
  keepAliveTimeoutMs: setting('KEEP_ALIVE_TIMEOUT', duration(1_000, 3_600_000), '75s'),
  /** How long the service continues after SIGTERM, while load balancers learn that it is not ready. */
  shutdownDelayMs: setting('SHUTDOWN_DELAY', duration(0, 10_000), '0s'),
};

export interface ConnectionSettings {
  readonly keepAliveTimeoutMs: number;
  readonly shutdownDelayMs: number;
}
