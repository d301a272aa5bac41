import {
  type CanonicalEvent,
  type Delivery,
  deliveryId,
  type EndpointState,
  type ManualRetry,
  Topics,
} from '@skillora/contracts';
import { dedupeEntry } from '@skillora/dispatcher/simulation-exports';

import { type DeliveryHistory, type EndpointMoment, foldDelivery, histories } from './audit.js';
import { EVENT_PARTITIONS } from './consumer-groups.js';
import type { CustomerSurroundings, PublishedEvent } from './customers.js';
import { ledgerRecordOf } from './records.js';

/** A round that somebody asked for. */
export interface AskedRound {
  readonly deliveryId: string;
  readonly round: number;
}

/** What customers have published and registered. */
interface Published {
  readonly accepted: readonly PublishedEvent[];
  readonly endpoints: ReadonlyMap<string, readonly EndpointMoment[]>;
}

/** What customers have sent again: retries, resends and recoveries, as the registry accepts them and hands them over. */
export class SentAgain {
  readonly asked: AskedRound[] = [];
  private readonly requestedRounds = new Map<string, number>();

  constructor(
    private readonly world: CustomerSurroundings,
    private readonly published: Published,
  ) {}

  /** Retries a delivery that has not succeeded. */
  retry(): void {
    const delivery = this.aDelivery();
    if (!delivery || this.world.brokerAwayMs() > 0) return;
    const { state } = this.fold(delivery.deliveryId, delivery.createdAt);
    if (state.status !== 'failed' && state.status !== 'retrying') return;
    this.start('manual retry', [this.roundOf(delivery, state.reached.round)]);
  }

  /** Sends a delivery again that has ended. */
  resendDelivery(): void {
    const delivery = this.aDelivery();
    if (!delivery || this.world.brokerAwayMs() > 0 || !this.isActive(delivery.endpointId)) return;
    const { state } = this.fold(delivery.deliveryId, delivery.createdAt);
    if (!hasEnded(state) || this.isUnderWay(delivery.deliveryId)) return;
    this.start('resend', [this.roundOf(delivery, state.reached.round)]);
  }

  /** Sends an event again to all that want it now; who never got it gets a delivery. */
  resendEvent(): void {
    const { random, kafka } = this.world;
    const { accepted, endpoints } = this.published;
    const fannedOut = accepted.filter(({ event }) => this.isFannedOut(event));
    if (fannedOut.length === 0 || this.world.brokerAwayMs() > 0) return;
    const published = random.pick(fannedOut);
    const { event } = published;
    const known = histories({ kafka, endpoints });
    const again = [...endpoints].flatMap(([endpointId, moments]): Delivery[] => {
      const state = moments.at(-1)?.state ?? null;
      const id = deliveryId(event.id, endpointId);
      if (!isSubscribed(published, state) || this.isUnderWay(id)) return [];
      const history = known.get(id);
      const [delivery] = history?.deliveries ?? [];
      if (!delivery) return [this.roundOf(this.newDelivery(event, endpointId), 0)];
      const { state: shown } = this.fold(id, delivery.createdAt, history);
      return hasEnded(shown) ? [this.roundOf(delivery, shown.reached.round)] : [];
    });
    this.start(`resend of event ${event.sourceId}`, again);
  }

  /** Recovers the deliveries of an endpoint that have ended. */
  recover(): void {
    const { random, kafka } = this.world;
    const { endpoints } = this.published;
    const [endpointId] = random.pick([...endpoints]);
    if (!this.stateOf(endpointId) || this.world.brokerAwayMs() > 0) return;
    const again: Delivery[] = [];
    const marked: Delivery[] = [];
    for (const [id, history] of histories({ kafka, endpoints })) {
      const [delivery] = history.deliveries;
      if (delivery?.endpointId !== endpointId || this.isUnderWay(id)) continue;
      const { state } = this.fold(id, delivery.createdAt, history);
      if (!hasEnded(state)) continue;
      const first = { ...this.roundOf(delivery, state.reached.round), recoveryId: 'recovery' };
      again.push(first);
      // An attempt of an earlier round may wait for its time, although the delivery has succeeded.
      if (state.status === 'success' && first.round > 1) marked.push(first);
    }
    this.start(`recovery of ${endpointId}`, again, marked);
  }

  /**
   * Writes the first attempts of rounds.
   * @param marked those with a mark that ends the rounds before.
   */
  private start(how: string, deliveries: readonly Delivery[], marked = deliveries): void {
    const { kafka, clock } = this.world;
    const requestedAt = new Date(clock.now).toISOString();
    kafka.write([
      ...marked.map(({ deliveryId: id, round }) => {
        const value: ManualRetry = { deliveryId: id, round, requestedAt };
        return { topic: Topics.manualRetries, partition: 0, value };
      }),
      ...deliveries.map((value) => ({
        topic: Topics.deliveries,
        partition: this.world.partitionOf(value),
        value,
      })),
    ]);
    for (const { deliveryId: id, round } of deliveries) {
      this.asked.push({ deliveryId: id, round });
      this.world.tell(`${how}: ${id}/${round}`);
    }
  }

  /** The first attempt of the next round of a delivery, which has reached one. */
  private roundOf({ recoveryId: _, ...delivery }: Delivery, reached: number): Delivery {
    const { deliveryId: id, endpointId } = delivery;
    const round = Math.max(reached, this.requestedRounds.get(id) ?? 0) + 1;
    this.requestedRounds.set(id, round);
    const dueAt = new Date(this.world.clock.now).toISOString();
    const endpointVersion = this.stateOf(endpointId)?.version ?? 0;
    return { ...delivery, round, step: 1, trigger: 'manual', dueAt, endpointVersion };
  }

  private newDelivery(event: CanonicalEvent, endpointId: string): Delivery {
    const { id: eventId, organizationId, eventType, body } = event;
    const now = new Date(this.world.clock.now).toISOString();
    return {
      ...{
        deliveryId: deliveryId(eventId, endpointId),
        eventId,
        endpointId,
        organizationId,
        eventType,
        body,
      },
      ...{ createdAt: now, dueAt: now, round: 0, step: 1, trigger: 'manual' },
    };
  }

  /** A delivery that was attempted. */
  private aDelivery(): Delivery | undefined {
    const { arrivals, random } = this.world;
    return arrivals.length === 0 ? undefined : random.pick(arrivals).delivery;
  }

  private fold(id: string, createdAt: string, history?: DeliveryHistory) {
    const { endpoints } = this.published;
    return foldDelivery({ kafka: this.world.kafka, endpoints }, id, createdAt, history);
  }

  /** Whether a round that was asked for has no result yet.. */
  private isUnderWay(id: string): boolean {
    const { kafka } = this.world;
    const asked = this.requestedRounds.get(id);
    if (asked === undefined) return false;
    const results = histories({ kafka, endpoints: this.published.endpoints }).get(id)?.results ?? [];
    return !results.some(({ round }) => round >= asked);
  }

  private stateOf(endpointId: string): EndpointState | null {
    return this.published.endpoints.get(endpointId)?.at(-1)?.state ?? null;
  }

  private isActive(endpointId: string): boolean {
    return this.stateOf(endpointId)?.isActive ?? false;
  }

  private isFannedOut(event: CanonicalEvent): boolean {
    return Array.from({ length: EVENT_PARTITIONS }, (_, partition) =>
      this.world.kafka.log(Topics.fanOutLedger, partition),
    ).some((log) => log.some(({ value }) => ledgerRecordOf(value).entries.includes(dedupeEntry(event))));
  }
}

/** Whether an endpoint gets an event in this state. */
export function isSubscribed({ event }: PublishedEvent, state: EndpointState | null): boolean {
  return (
    state !== null &&
    state.isActive &&
    state.organizationId === event.organizationId &&
    state.events.some((type) => type === event.eventType)
  );
}

function hasEnded({ status }: { readonly status: string }): boolean {
  return status === 'failed' || status === 'success';
}
