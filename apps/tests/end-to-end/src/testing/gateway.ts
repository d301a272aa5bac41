import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A customer's gateway that repeats each request in its answer, as error pages do, and a token endpoint beside it, which
 * always gives the same token.
 */
export class Gateway {
  /** The headers of each request, by name as they arrived. */
  readonly arrivals: Readonly<Record<string, string>>[] = [];

  private constructor(
    private readonly server: Server,
    readonly issuedToken: string,
  ) {}

  static async start(issuedToken: string): Promise<Gateway> {
    const server = createServer();
    const gateway = new Gateway(server, issuedToken);
    server.on('request', (request, response) => {
      request.resume();
      request.on('end', () => {
        if (request.url === '/token') {
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({ access_token: issuedToken, token_type: 'Bearer', expires_in: 3_600 }),
          );
          return;
        }
        const headers = request.headers as Record<string, string>;
        gateway.arrivals.push(headers);
        response.setHeader('x-seen', headers['x-gateway'] ?? '');
        response.end(JSON.stringify(headers));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  get tokenUrl(): string {
    return this.url.replace('/hook', '/token');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
