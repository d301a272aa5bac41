import type { EndpointState } from '@skillora/contracts';
import type { SecretBox } from '@skillora/signing';

/** Opens sealed secrets, once per state of an endpoint. */
export class Secrets {
  private readonly opened = new WeakMap<EndpointState, string>();

  constructor(private readonly box: SecretBox) {}

  /** @throws when `SECRETS_KEY` does not hold the key the secret was sealed with. */
  of(endpoint: EndpointState): string {
    let secret = this.opened.get(endpoint);
    if (secret === undefined) {
      secret = this.box.open(endpoint.sealedSecret, endpoint.id);
      this.opened.set(endpoint, secret);
    }
    return secret;
  }
}
