import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Arrival {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** The answer; `hang` never answers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A customer's server on its own port, which answers as the test configures. */
export class Receiver {
  readonly arrivals: Arrival[] = [];
  private answers: (Answer | 'hang')[] = [];
  private usual: Answer | 'hang' = { status: 200 };

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        receiver.arrivals.push({
          headers: request.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          at: Date.now(),
        });
        const answer = receiver.answers.shift() ?? receiver.usual;
        if (answer === 'hang') return;
        response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A test that fails before it stops its receiver must not keep the process running.
    server.unref();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** Sets the answers of the next requests, in order; later ones get the usual answer. */
  next(...answers: (Answer | 'hang')[]): void {
    this.answers.push(...answers);
  }

  /** Sets the answer of every later request. */
  always(answer: Answer | 'hang'): void {
    this.answers = [];
    this.usual = answer;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
