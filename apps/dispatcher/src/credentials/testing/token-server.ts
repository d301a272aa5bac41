import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import Provider, { type TokenContext } from 'oidc-provider';

/** How the clients of the server show their secret, by client id. */
export const CLIENTS = { hooks: 'client_secret_basic', 'hooks-in-body': 'client_secret_post' } as const;
/** The secret of all clients: form-encoding changes it. */
export const CLIENT_SECRET = 'a secret: 100% & more+';

/**
 * A token server as customers have one: `oidc-provider`, which checks clients and their secrets as RFC 6749 says. The test
 * can make it slow, make it fail, and end tokens.
 */
export class TokenServer {
  /** How many requests for a token came in. */
  asked = 0;
  /** How many were in progress at a time, at most. */
  mostAtATime = 0;
  /** What the server waits for before it answers. */
  hold: Promise<void> = Promise.resolve();
  /** A status with which it answers instead. */
  failsWith: number | null = null;
  private atATime = 0;

  private constructor(
    private readonly provider: Provider,
    private readonly server: Server,
    readonly origin: string,
  ) {}

  /** @param lifeSeconds how long its tokens live. */
  static async start(lifeSeconds = 60): Promise<TokenServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new Provider(origin, {
      clients: Object.entries(CLIENTS).map(([client_id, token_endpoint_auth_method]) => ({
        ...{ client_id, client_secret: CLIENT_SECRET, token_endpoint_auth_method },
        ...{ grant_types: ['client_credentials'], response_types: [], redirect_uris: [], scope: 'webhooks' },
      })),
      // The clients may not ask for the second.
      scopes: ['webhooks', 'other'],
      features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
      ttl: { ClientCredentials: lifeSeconds },
    });
    const started = new TokenServer(provider, server, origin);
    provider.use((context, next) => started.answer(context, next));
    const answer = provider.callback();
    server.on('request', (request, response) => void answer(request, response));
    return started;
  }

  get tokenUrl(): string {
    return `${this.origin}/token`;
  }

  /** Whether a token is of this server and has not ended. */
  async isGood(token: string): Promise<boolean> {
    return (await this.provider.ClientCredentials.find(token)) !== undefined;
  }

  /** Ends a token before its time. */
  async revoke(token: string): Promise<void> {
    await (await this.provider.ClientCredentials.find(token))?.destroy();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(context: TokenContext, next: () => Promise<void>): Promise<void> {
    this.asked += 1;
    this.atATime += 1;
    this.mostAtATime = Math.max(this.mostAtATime, this.atATime);
    try {
      await this.hold;
      if (this.failsWith !== null) context.status = this.failsWith;
      else if (isInWrongPlace(context)) refuse(context);
      else await next();
    } finally {
      this.atATime -= 1;
    }
  }
}

/** The library takes the secret in both places; servers exist that take it in the body alone. */
function isInWrongPlace(context: TokenContext): boolean {
  const [, encoded = ''] = context.get('authorization').split(' ');
  return Buffer.from(encoded, 'base64').toString().startsWith('hooks-in-body:');
}

function refuse(context: TokenContext): void {
  context.status = 401;
  context.body = { error: 'invalid_client' };
}
