import type { EndpointState } from '@skillora/contracts';
import {
  openSigningSecrets,
  type SecretBox,
  type SigningSecrets,
  validFormerSecrets,
} from '@skillora/signing';

interface Opened {
  readonly secrets: SigningSecrets;
  /** When the next of the former ones expires, ms since the epoch. */
  readonly until: number;
}

/**
 * Decrypts an endpoint's secrets, once for each version of the endpoint and each set of former secrets that
 * are still valid.
 */
export class Secrets {
  private readonly opened = new WeakMap<EndpointState, Opened>();

  constructor(private readonly box: SecretBox) {}

  /**
   * The secrets that are valid at `now`.
   * @throws when `SECRETS_KEY` lacks the key that one of them was encrypted with.
   */
  of(endpoint: EndpointState, now: Date): SigningSecrets {
    let opened = this.opened.get(endpoint);
    if (opened === undefined || opened.until <= now.getTime()) {
      const expiries = validFormerSecrets(endpoint, now.getTime()).map(({ expiresAt }) =>
        Date.parse(expiresAt),
      );
      opened = {
        secrets: openSigningSecrets(this.box, endpoint, now.getTime()),
        until: Math.min(...expiries),
      };
      this.opened.set(endpoint, opened);
    }
    return opened.secrets;
  }
}
