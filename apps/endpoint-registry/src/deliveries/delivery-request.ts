import { Inject, Injectable } from '@nestjs/common';
import type { ApiTokenState, FormerSecret } from '@skillora/contracts';
import { notFound, Refusal } from '@skillora/rest';
import { type SigningSecrets, webhookHeaders } from '@skillora/signing';
import { DataSource } from 'typeorm';

import { EventQueries } from '../events/event-queries.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { DeliveryQueries } from './delivery-queries.js';
import { maskedRequest } from './masked-request.js';

/** The request of a delivery's newest attempt. */
export interface DeliveryRequest {
  readonly method: 'POST';
  /** Null when the caller may not see it. */
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The exact text that is sent, encoded as UTF-8. */
  readonly body: string;
  /**
   * The attempt of this request; null when none was made yet, and the headers are those of an attempt made
   * now.
   */
  readonly attempt: number | null;
}

/** The answer for an endpoint that was deleted so long ago that its settings were erased. */
const FORGOTTEN =
  'The endpoint of this delivery was deleted so long ago that its URL and secrets are no longer kept.';

/**
 * Shows the request of a delivery, so that customers can test how their receiver verifies it. The secret
 * itself is not shown.
 */
@Injectable()
export class DeliveryRequests {
  constructor(
    private readonly deliveries: DeliveryQueries,
    private readonly events: EventQueries,
    private readonly dataSource: DataSource,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /**
   * Builds the request of the newest attempt from the event's body and the endpoint's present URL and secret,
   * because customers verify with these while they fix a receiver. The caller's scopes decide how much is
   * shown.
   * @throws {Refusal} 404 when the organisation has no such delivery, or the endpoint's settings were erased.
   */
  async read({ organizationId, scopes }: ApiTokenState, id: string): Promise<DeliveryRequest> {
    const delivery = await this.deliveries.read(organizationId, id);
    const { payload } = await this.events.read(organizationId, delivery.event_id);
    const [endpoint] = await this.dataSource.query<SigningEndpoint[]>(
      'SELECT id, url, sealed_secret, former_secrets FROM endpoints WHERE id = $1 AND organization_id = $2',
      [delivery.endpoint_id, organizationId],
    );
    if (!endpoint) throw notFound();
    if (endpoint.url === '') throw new Refusal(404, FORGOTTEN);
    const attempt = delivery.attempts?.at(-1);
    const at = attempt ? new Date(attempt.started_at) : new Date();
    const content = {
      deliveryId: delivery.id,
      eventType: delivery.event_type,
      body: Buffer.from(payload, 'utf8'),
    };
    const request: DeliveryRequest = {
      method: 'POST',
      url: endpoint.url,
      headers: webhookHeaders(content, this.secretsOf(endpoint), at),
      body: payload,
      attempt: attempt ? delivery.attempt_count : null,
    };
    return maskedRequest(request, scopes);
  }

  private secretsOf({ id, sealed_secret, former_secrets }: SigningEndpoint): SigningSecrets {
    const { box } = this.settings.secretsKey;
    return {
      current: box.open(sealed_secret, id),
      former: former_secrets
        .filter(({ expiresAt }) => Date.parse(expiresAt) > Date.now())
        .map(({ sealedSecret }) => box.open(sealedSecret, id)),
    };
  }
}

interface SigningEndpoint {
  readonly id: string;
  readonly url: string;
  readonly sealed_secret: string;
  readonly former_secrets: readonly FormerSecret[];
}
