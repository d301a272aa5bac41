import type { EndpointState } from '@skillora/contracts';
import type { SecretBox, SigningSecrets } from '@skillora/signing';

interface Opened {
  readonly secrets: SigningSecrets;
  /** When the next of the former ones expires, ms since the epoch. */
  readonly until: number;
}

/** Opens sealed secrets, once per state of an endpoint and set of former ones that still count. */
export class Secrets {
  private readonly opened = new WeakMap<EndpointState, Opened>();

  constructor(private readonly box: SecretBox) {}

  /**
   * The secrets that count at `now`.
   * @throws when `SECRETS_KEY` does not hold the key one of them was sealed with.
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
