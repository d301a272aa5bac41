import type { EndpointState } from '@skillora/contracts';
import type { SecretBox, SigningSecrets } from '@skillora/signing';

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
      opened = this.open(endpoint, now.getTime());
      this.opened.set(endpoint, opened);
    }
    return opened.secrets;
  }

  private open({ id, sealedSecret, formerSecrets = [] }: EndpointState, now: number): Opened {
    const former = formerSecrets.filter(({ expiresAt }) => Date.parse(expiresAt) > now);
    return {
      secrets: {
        current: this.box.open(sealedSecret, id),
        former: former.map((each) => this.box.open(each.sealedSecret, id)),
      },
      until: Math.min(...former.map(({ expiresAt }) => Date.parse(expiresAt))),
    };
  }
}
