import type { EndpointState } from '@skillora/contracts';
import type { SecretBox, SigningSecrets } from '@skillora/signing';

interface Opened {
  readonly current: string;
  readonly former: readonly { readonly secret: string; readonly expiresAt: number }[];
}

/** Opens sealed secrets, once per state of an endpoint. */
export class Secrets {
  private readonly opened = new WeakMap<EndpointState, Opened>();

  constructor(private readonly box: SecretBox) {}

  /**
   * The secrets that count at `now`.
   * @throws when `SECRETS_KEY` does not hold the key one of them was sealed with.
   */
  of(endpoint: EndpointState, now: Date): SigningSecrets {
    let opened = this.opened.get(endpoint);
    if (opened === undefined) {
      opened = this.open(endpoint);
      this.opened.set(endpoint, opened);
    }
    const { current, former } = opened;
    return {
      current,
      former: former.filter(({ expiresAt }) => expiresAt > now.getTime()).map(({ secret }) => secret),
    };
  }

  private open({ id, sealedSecret, formerSecrets = [] }: EndpointState): Opened {
    return {
      current: this.box.open(sealedSecret, id),
      former: formerSecrets.map((former) => ({
        secret: this.box.open(former.sealedSecret, id),
        expiresAt: Date.parse(former.expiresAt),
      })),
    };
  }
}
