import {
  deliveryResultSchema,
  deliverySchema,
  type Delivery,
  type DeliveryResult,
  type EndpointState,
  Topics,
} from '@skillora/contracts';
import {
  created,
  type DeliveryFact,
  evolve,
  type KnownDelivery,
  readDelivery,
  readDeliveryResult,
} from '@skillora/endpoint-registry/simulation-exports';

import type { ModelKafka } from './model-kafka.js';
import type { Random } from './random.js';

/** The state of an endpoint from a time on. */
export interface EndpointMoment {
  readonly at: number;
  readonly state: EndpointState | null;
}

/** The topics of the audit. */
export interface AuditSources {
  readonly kafka: ModelKafka;
  readonly endpoints: ReadonlyMap<string, readonly EndpointMoment[]>;
}

/** The records of one delivery. */
export interface DeliveryHistory {
  readonly deliveries: Delivery[];
  readonly results: DeliveryResult[];
}

/** All deliveries in the topics, by id. */
export function histories({ kafka }: AuditSources): Map<string, DeliveryHistory> {
  const found = new Map<string, DeliveryHistory>();
  const of = (id: string): DeliveryHistory => {
    let history = found.get(id);
    if (!history) found.set(id, (history = { deliveries: [], results: [] }));
    return history;
  };
  // Where deliveries are made from the log of events, the reports make their rows.
  for (const { deliveries } of values(kafka, Topics.fanOuts) as { readonly deliveries: Delivery[] }[])
    for (const delivery of deliveries) of(delivery.deliveryId).deliveries.push(delivery);
  for (const delivery of values(kafka, Topics.deliveries) as Delivery[])
    of(delivery.deliveryId).deliveries.push(delivery);
  for (const result of values(kafka, Topics.deliveryResults) as DeliveryResult[])
    of(result.deliveryId).results.push(result);
  return found;
}

/** The projection's state of a delivery; with `random`, its topics are read in a random order. */
export function foldDelivery(
  sources: AuditSources,
  deliveryId: string,
  createdAt: string,
  history: DeliveryHistory | undefined = histories(sources).get(deliveryId),
  random: Random | null = null,
): KnownDelivery {
  const queues: DeliveryFact[][] = [
    (history?.deliveries ?? []).flatMap(
      (delivery) => readDelivery(deliverySchema.encode(delivery)).fact ?? [],
    ),
    (history?.results ?? []).flatMap(
      (result) => readDeliveryResult(deliveryResultSchema.encode(result)).fact ?? [],
    ),
  ];
  const endpoint = history?.deliveries[0]?.endpointId ?? history?.results[0]?.endpointId;
  const deletion = sources.endpoints.get(endpoint ?? '')?.find(({ state }) => state === null);
  if (deletion) queues.push([{ kind: 'endpoint-deleted', at: deletion.at }]);
  let known: KnownDelivery = { state: created(Date.parse(createdAt)), endpointDeletedAt: null };
  for (;;) {
    const left = queues.filter((queue) => queue.length > 0);
    const queue = random && left.length > 0 ? random.pick(left) : left[0];
    const fact = queue?.shift();
    if (!fact) return known;
    known = evolve(known, fact);
    // Records that were read may be read again.
    if (random?.chance(0.2)) known = evolve(known, fact);
  }
}

/** When the failure happened that an attempt took over; null for an attempt that was really made. */
export function foundAt({ attempt }: DeliveryResult): number | null {
  const found = /Another delivery found this at (\S+);/.exec(attempt?.errorDetail ?? '')?.[1];
  return found === undefined ? null : Date.parse(found);
}

function values(kafka: ModelKafka, topic: string): unknown[] {
  return [0, 1, 2].flatMap((partition) => kafka.log(topic, partition).map(({ value }) => value));
}
