import { type Delivery, type EndpointState, TEST_EVENT_TYPE } from '@skillora/contracts';

import type { Pacing } from '../queues/pace-gates.js';
import type { DeliverPorts, DeliverRules } from './deliver-ports.js';
import type { DeliveryWork } from './delivery-work.js';

/** The rate limits of endpoints, for the queues of deliveries. */
export class DeliveryPacing<R> implements Pacing<DeliveryWork<R>> {
  /** The deliveries for which the endpoints were read to their end. */
  private readonly learnt = new WeakSet<DeliveryWork<R>>();

  constructor(
    private readonly ports: Pick<DeliverPorts<R>, 'endpoints' | 'isStale' | 'aloneSince'>,
    private readonly rules: Pick<DeliverRules, 'paceOf'>,
  ) {}

  rateOf(endpointId: string): number | null {
    const endpoint = this.known(endpointId);
    return endpoint?.heldSince === undefined ? (endpoint?.rateLimit ?? null) : 0;
  }

  /** Whether the delivery waits because its endpoint is held. */
  isHeld(delivery: Delivery): boolean {
    const endpoint = this.known(delivery.endpointId);
    return endpoint !== undefined && this.rules.paceOf(endpoint, delivery) === 0;
  }

  rateFor({ delivery }: DeliveryWork<R>): number | null {
    const endpoint = this.known(delivery.endpointId);
    return endpoint ? this.rules.paceOf(endpoint, delivery) : null;
  }

  endsUnasked(work: DeliveryWork<R>): boolean {
    const { delivery } = work;
    const endpoint = this.known(delivery.endpointId);
    if (!endpoint || this.isStale(work)) return true;
    // A delivery that is held waits, whatever else its endpoint is.
    const isHeld = this.rules.paceOf(endpoint, delivery) === 0;
    return !isHeld && !endpoint.isActive && delivery.eventType !== TEST_EVENT_TYPE;
  }

  isStale({ record }: DeliveryWork<R>): boolean {
    return this.ports.isStale(record);
  }

  aloneSince({ partition }: DeliveryWork<R>): number | null {
    return this.ports.aloneSince(partition);
  }

  /**
   * A limit holds from the answer to its change on. So the endpoints are read to their end if the delivery was
   * created for a newer version of its endpoint, or if that looks inactive and has a limit.
   */
  learning(work: DeliveryWork<R>): Promise<void> | null {
    const { endpoints } = this.ports;
    const { endpointId, endpointVersion = 0 } = work.delivery;
    const endpoint = this.known(endpointId);
    const isKnown =
      !endpoint ||
      (endpoint.version >= endpointVersion && (endpoint.isActive || endpoint.rateLimit === undefined));
    if (isKnown || this.learnt.has(work)) return null;
    const learn = async (): Promise<void> => {
      // An error here would also occur in the attempt, which reports it.
      await endpoints.find(endpointId, endpointVersion).catch(() => undefined);
      this.learnt.add(work);
    };
    return learn();
  }

  /** An error here would also occur in the attempt, which reports it. Here it must not end the batch. */
  private known(endpointId: string): EndpointState | undefined {
    try {
      return this.ports.endpoints.get(endpointId);
    } catch {
      return undefined;
    }
  }
}
