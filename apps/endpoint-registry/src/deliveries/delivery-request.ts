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
  /** Null where it is not for whoever asks. */
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The exact text whose UTF-8 is sent. */
  readonly body: string;
  /** The attempt it belongs to; null when none was made yet, and the headers are those of one made now. */
  readonly attempt: number | null;
}

/** The answer where the endpoint was deleted so long ago that it was blanked. */
const FORGOTTEN =
  'The endpoint of this delivery was deleted so long ago that its URL and secrets are no longer kept.';

/** Shows what was sent, so that a receiver's check can be tried with it. The secret itself stays here. */
@Injectable()
export class DeliveryRequests {
  constructor(
    private readonly deliveries: DeliveryQueries,
    private readonly events: EventQueries,
    private readonly dataSource: DataSource,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /**
   * Makes the request of the newest attempt anew from the log's body, with the address and secret the endpoint has now:
   * a receiver that is being set right checks against these. It is shown as far as the caller's scopes go.
   * @throws {Refusal} 404 when the organisation has no such delivery, or what its endpoint had is no longer kept.
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
