import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type ApiTokenState, namedEventType, TEST_EVENT_TYPE } from '@skillora/contracts';
import { notFound, RefusalException } from '@skillora/rest';
import {
  type HeaderContent,
  openSigningSecrets,
  type SigningSecrets,
  webhookHeaders,
} from '@skillora/signing';
import { DataSource } from 'typeorm';

import { READING } from '../database/reading.js';
import { Endpoint } from '../endpoints/endpoint.entity.js';
import { EventQueries } from '../events/event-queries.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { attemptNumbers } from './attempt-numbers.js';
import { DeliveryQueries, type DeliveryRow } from './delivery-queries.js';
import { maskedRequest, withMaskedHeaders } from './masked-request.js';
import { requestAsSent } from './request-as-sent.js';
import type { DeliveryRequest } from './shown-request.js';

/** The answer for an endpoint that was deleted so long ago that its settings were erased. */
const FORGOTTEN =
  'The endpoint of this delivery was deleted so long ago that its URL and secrets are no longer kept.';

/** The answer for a delivery that is younger than its event, once the event is no longer kept. */
const NO_BODY =
  'The event of this delivery is not in the audit, which keeps events for a limited time. So its body is not known.';

/**
 * Shows the request of a delivery, so that customers can test how their receiver verifies it. The secret
 * itself is not shown.
 */
@Injectable()
export class DeliveryRequests {
  constructor(
    private readonly deliveries: DeliveryQueries,
    private readonly events: EventQueries,
    @InjectDataSource(READING) private readonly dataSource: DataSource,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /**
   * The request of an attempt as it was sent. Without `attempt` it is built for the newest attempt from the
   * event's body and the endpoint's present URL and secret, because customers verify with these while they
   * fix a receiver. The caller's scopes decide how much is shown.
   * @param attempt its number.
   * @throws {RefusalException} 404 when the organisation has no such delivery, the delivery has no such attempt, its event
   * is not in the audit, or the endpoint's settings were erased.
   */
  async read(
    { organizationId, scopes }: ApiTokenState,
    id: string,
    attempt?: number,
  ): Promise<DeliveryRequest> {
    const delivery = await this.deliveries.read(organizationId, id);
    const payload = await this.bodyOf(organizationId, delivery);
    const endpoint = await this.dataSource.manager.findOneBy(Endpoint, {
      id: delivery.endpoint_id,
      organizationId,
    });
    if (!endpoint) throw notFound();
    const request =
      attempt === undefined
        ? this.newest(delivery, payload, endpoint)
        : await this.asSent(delivery, payload, endpoint, attempt);
    return maskedRequest(request, scopes);
  }

  /** The delivery is the organisation's, so that its event is missing may be said. */
  private async bodyOf(organizationId: string, { event_id }: DeliveryRow): Promise<string> {
    try {
      return (await this.events.read(organizationId, event_id)).payload;
    } catch (error) {
      if (!(error instanceof RefusalException) || error.getStatus() !== 404) throw error;
      throw new RefusalException(404, NO_BODY);
    }
  }

  private newest(delivery: DeliveryRow, payload: string, endpoint: SigningEndpoint): DeliveryRequest {
    if (endpoint.url === '') throw new RefusalException(404, FORGOTTEN);
    const attempts = delivery.attempts ?? [];
    const newest = attempts.at(-1);
    const carried = attempts.map(({ number }) => number);
    const number = attemptNumbers(carried, delivery.attempt_count - attempts.length).at(-1);
    const at = newest ? new Date(newest.started_at) : new Date();
    return {
      method: 'POST',
      url: endpoint.url,
      headers: withMaskedHeaders(
        webhookHeaders(contentOf(delivery, payload, number ?? 1), this.secretsOf(endpoint), at),
        [...endpoint.headers.map(({ name }) => name), ...(endpoint.authentication ? ['Authorization'] : [])],
      ),
      body: payload,
      attempt: number ?? null,
    };
  }

  private async asSent(
    delivery: DeliveryRow,
    payload: string,
    endpoint: SigningEndpoint,
    wanted: number,
  ): Promise<DeliveryRequest> {
    const attempts = await this.deliveries.requested(delivery);
    const place = attemptNumbers(attempts.map(({ number }) => number)).indexOf(wanted);
    const attempt = attempts[place];
    if (!attempt) {
      throw new RefusalException(
        404,
        `This delivery has no attempt ${wanted}: it has had ${attempts.length}.`,
      );
    }
    const content = contentOf(delivery, payload, attempt.number ?? wanted);
    return { ...requestAsSent(content, attempt, this.knownSecrets(endpoint)), attempt: wanted };
  }

  private secretsOf(endpoint: SigningEndpoint): SigningSecrets {
    return openSigningSecrets(this.settings.secretsKey.box, endpoint, Date.now());
  }

  /** All that are kept, also those that sign no more: they show what they signed. */
  private knownSecrets({ id, url, sealedSecret: current, formerSecrets }: SigningEndpoint): string[] {
    // A blanked endpoint has none.
    if (url === '') return [];
    const { box } = this.settings.secretsKey;
    return [current, ...formerSecrets.map(({ sealedSecret }) => sealedSecret)].map((sealed) =>
      box.open(sealed, id),
    );
  }
}

function contentOf(delivery: DeliveryRow, payload: string, attempt: number): HeaderContent {
  return {
    deliveryId: delivery.id,
    eventId: delivery.event_id,
    eventType: namedEventType(delivery.event_type, payload),
    isTest: delivery.event_type === TEST_EVENT_TYPE,
    attempt,
    body: Buffer.from(payload, 'utf8'),
  };
}

type SigningEndpoint = Pick<
  Endpoint,
  'id' | 'url' | 'sealedSecret' | 'formerSecrets' | 'headers' | 'authentication'
>;
