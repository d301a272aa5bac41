import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of customers that notes which event came to which of its paths. It answers 200 at once. */
export class MarkedArrivals {
  private readonly marks = new Map<string, Set<string>>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<MarkedArrivals> {
    const server = createServer();
    const arrivals = new MarkedArrivals(server);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (text: string) => (body += text));
      request.on('end', () => {
        arrivals.note(request.url ?? '', body);
        response.writeHead(200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return arrivals;
  }

  /** The URL of a path, which begins with a slash. */
  urlOf(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  /** Whether the event with this mark has come to this path. */
  has(path: string, mark: string): boolean {
    return this.marks.get(path)?.has(mark) ?? false;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private note(path: string, body: string): void {
    const { data } = JSON.parse(body) as { data: { mark: string } };
    const seen = this.marks.get(path) ?? new Set();
    this.marks.set(path, seen.add(data.mark));
  }
}
