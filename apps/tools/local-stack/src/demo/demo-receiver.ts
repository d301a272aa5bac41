import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { verifySignature } from '@skillora/signing';

/** A delivery with a valid signature. */
export interface VerifiedDelivery {
  readonly deliveryId: string;
  readonly eventType: string;
  readonly body: string;
}

const BODY_LIMIT_BYTES = 2 * 1_048_576;

/**
 * A small server of a customer. It accepts webhooks at `/webhooks`, verifies their signature over the raw
 * body, and answers 200, or 401 for a wrong signature. `POST /refuse-next` makes it answer 503 to the next
 * webhook, to show a retry.
 */
export class DemoReceiver {
  private secret: string | null = null;
  private refuseNext = false;
  private readonly listeners = new Set<(delivery: VerifiedDelivery) => void>();

  private constructor(private readonly server: Server) {}

  /** Listens on a free port of 127.0.0.1. `say` gets one line for every delivery. */
  static async start(say: (line: string) => void): Promise<DemoReceiver> {
    const server = createServer();
    const receiver = new DemoReceiver(server);
    server.on('request', (request, response) => {
      receiver.take(request, response, say).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.baseUrl}/webhooks`;
  }

  /** The secret for verifying signatures; until it is known every delivery gets 401. */
  expectSecret(secret: string): void {
    this.secret = secret;
  }

  /** The first later verified delivery that `matches`. Fails after `patienceMs`. */
  delivery(matches: (delivery: VerifiedDelivery) => boolean, patienceMs: number): Promise<VerifiedDelivery> {
    return new Promise((resolve, reject) => {
      const listener = (delivery: VerifiedDelivery): void => {
        if (!matches(delivery)) return;
        clearTimeout(timer);
        this.listeners.delete(listener);
        resolve(delivery);
      };
      const timer = setTimeout(() => {
        this.listeners.delete(listener);
        reject(new Error(`no verified delivery arrived within ${patienceMs / 1_000} s`));
      }, patienceMs);
      this.listeners.add(listener);
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(
    request: IncomingMessage,
    response: ServerResponse,
    say: (line: string) => void,
  ): Promise<void> {
    const body = await readBody(request);
    const answer = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
    };
    if (request.method !== 'POST') {
      answer(405, 'only POST is answered here');
    } else if (request.url === '/refuse-next') {
      this.refuseNext = true;
      answer(200, 'the next delivery will be answered with 503');
    } else if (body === null) {
      answer(413, 'too large');
    } else {
      this.takeDelivery(request, body, answer, say);
    }
  }

  private takeDelivery(
    request: IncomingMessage,
    body: Buffer,
    answer: (status: number, text: string) => void,
    say: (line: string) => void,
  ): void {
    const eventType = headerOf(request, 'x-webhook-event');
    const deliveryId = headerOf(request, 'x-webhook-id');
    const what = `${eventType} (delivery ${deliveryId})`;
    if (
      this.secret === null ||
      !verifySignature(body, headerOf(request, 'x-webhook-signature-256'), this.secret)
    ) {
      say(`demo receiver: refused ${what}: its signature is wrong`);
      answer(401, 'the signature is wrong');
      return;
    }
    if (this.refuseNext) {
      this.refuseNext = false;
      say(`demo receiver: answered 503 to ${what}, as requested`);
      answer(503, 'not now');
      return;
    }
    say(`demo receiver: verified ${what}, ${body.length} bytes`);
    answer(200, 'OK');
    for (const listener of this.listeners) listener({ deliveryId, eventType, body: body.toString('utf8') });
  }
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** The raw body, or null when it is larger than any webhook. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  return size <= BODY_LIMIT_BYTES ? Buffer.concat(chunks) : null;
}
