import { duration, setting } from './settings.js';

/** The settings of services that clients keep connections to. */
export const connectionSettings = {
  /**
   * How long a connection without a request is kept. Longer than any load balancer in front keeps it idle:
   * whoever closes first must not be the one who is about to be sent a request.
   */
  keepAliveTimeoutMs: setting('KEEP_ALIVE_TIMEOUT', duration(1_000, 3_600_000), '75s'),
  /** How long the service goes on after SIGTERM, while load balancers learn that it is not ready. */
  shutdownDelayMs: setting('SHUTDOWN_DELAY', duration(0, 10_000), '0s'),
};

export interface ConnectionSettings {
  readonly keepAliveTimeoutMs: number;
  readonly shutdownDelayMs: number;
}
