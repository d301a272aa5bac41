import { setTimeout as sleep } from 'node:timers/promises';

import { PRODUCED_EVENT_TYPES, eventId } from '@skillora/contracts';

import type { LocalStackFile } from '../generated-identity.js';
import { span, type Terminal } from '../terminal.js';
import type { DemoReceiver } from './demo-receiver.js';
import { publish } from './producer-service.js';
import type { RestClient } from './rest-client.js';
import { sampleEvent } from './sample-event.js';

/** The objects that the demo created, for the printed commands. */
export interface DemoOutcome {
  readonly endpointId: string;
  readonly eventId: string;
  readonly deliveryId: string;
}

interface Endpoint {
  readonly id: string;
  readonly secret: string;
}

interface Page<T> {
  readonly results: readonly T[];
}

interface Delivery {
  readonly id: string;
  readonly status: string;
}

const DELIVERY_PATIENCE_MS = 30_000;
const AUDIT_PATIENCE_MS = 20_000;
const AUDIT_POLL_MS = 50;

/** Shows the whole way of one event: registered, published, delivered, and found in the audit. */
export async function runDemo(parts: {
  readonly terminal: Terminal;
  readonly api: RestClient;
  readonly receiver: DemoReceiver;
  readonly brokers: string[];
  readonly organizationId: string;
  readonly kept: LocalStackFile;
}): Promise<DemoOutcome> {
  const { terminal, api, receiver, brokers, organizationId, kept } = parts;
  terminal.heading('Demo: one interview, from Kafka to a webhook');

  const endpoint = await timed(terminal, `registered a receiver at ${receiver.url}`, () =>
    registerAnew(api, receiver, kept),
  );

  const event = sampleEvent(organizationId);
  const { interview_id: interview } = event.data;
  const arrival = receiver.delivery(({ body }) => body.includes(interview), DELIVERY_PATIENCE_MS);
  // Its failure is checked below, after the steps that may fail first.
  arrival.catch(() => undefined);
  await timed(terminal, `published interview ${interview} to Kafka`, () => publish(brokers, event));

  await timed(terminal, 'the webhook arrived, its signature verified', () => arrival);

  const id = eventId(event.source, event.id);
  const delivery = await timed(terminal, 'the audit shows it delivered', () => deliveredInAudit(api, id));
  return { endpointId: endpoint.id, eventId: id, deliveryId: delivery.id };
}

/** Registers the receiver. The endpoint of an earlier demo, whose receiver no longer runs, is deleted. */
async function registerAnew(
  api: RestClient,
  receiver: DemoReceiver,
  kept: LocalStackFile,
): Promise<Endpoint> {
  await removeFormerDemo(api, kept);
  const endpoint = await api.post<Endpoint>('/api/v1/webhook-endpoints/', {
    url: receiver.url,
    events: PRODUCED_EVENT_TYPES,
    description: 'Demo receiver',
  });
  kept.rememberDemoEndpoint(endpoint.id);
  receiver.expectSecret(endpoint.secret);
  return endpoint;
}

/** Removes the endpoint that an earlier run's demo registered, if there was one. */
export async function removeFormerDemo(api: RestClient, kept: LocalStackFile): Promise<void> {
  const former = kept.demoEndpointId;
  if (former === undefined) return;
  await api.delete(`/api/v1/webhook-endpoints/${former}/`);
  kept.rememberDemoEndpoint(undefined);
}

async function deliveredInAudit(api: RestClient, event: string): Promise<Delivery> {
  const deadline = Date.now() + AUDIT_PATIENCE_MS;
  let seen = 'none';
  while (Date.now() < deadline) {
    const page = await api.find<Page<Delivery>>(`/api/v1/webhook-deliveries/?event_id=${event}`);
    const delivery = page?.results[0];
    if (delivery?.status === 'success') return delivery;
    if (delivery) seen = delivery.status;
    await sleep(AUDIT_POLL_MS);
  }
  throw new Error(
    `after ${AUDIT_PATIENCE_MS / 1_000} s the audit shows delivery status ${seen}, not success`,
  );
}

async function timed<T>(terminal: Terminal, text: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  terminal.done(`${text} (${span(performance.now() - began)})`);
  return result;
}
