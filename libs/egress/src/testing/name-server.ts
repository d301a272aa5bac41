import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

import { parseAddress } from '../cidr.js';

/**
 * What the server does with a question: it answers with addresses of the family, with a failure (RFC 1035,
 * 4.1.1), or not at all.
 */
export type NameAnswer = { readonly addresses: readonly string[] } | 'no such name' | 'failure' | 'silence';

/** One question as it came. */
export interface NameQuestion {
  readonly name: string;
  readonly family: 4 | 6;
}

const HEADER_BYTES = 12;
const TYPES = { 1: 4, 28: 6 } as const;
const CODES = { failure: 2, 'no such name': 3 } as const;

/** A name server on the loopback, over UDP, that answers as a test says. */
export class NameServer {
  readonly questions: NameQuestion[] = [];

  private constructor(private readonly socket: Socket) {}

  static async listen(answer: (question: NameQuestion) => NameAnswer): Promise<NameServer> {
    const socket = createSocket('udp4');
    const server = new NameServer(socket);
    socket.on('message', (message, from) => server.hear(message, from, answer));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(resolve));
  }

  private hear(message: Buffer, from: RemoteInfo, answer: (question: NameQuestion) => NameAnswer): void {
    const labels: string[] = [];
    let at = HEADER_BYTES;
    for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
      labels.push(message.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = message.readUInt16BE(at + 1) as keyof typeof TYPES;
    const question = { name: labels.join('.').toLowerCase(), family: TYPES[type] };
    this.questions.push(question);
    const given = answer(question);
    if (given === 'silence') return;
    const addresses = typeof given === 'string' ? [] : given.addresses;
    const header = Buffer.alloc(HEADER_BYTES);
    message.copy(header, 0, 0, 2);
    // A response, recursion desired and available, with the code of a failure.
    header.writeUInt16BE(0x8180 | (typeof given === 'string' ? CODES[given] : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) => {
      const data = addressBytes(address);
      const record = Buffer.alloc(12);
      // The name, as a pointer to the name in the question.
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(type, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt16BE(data.length, 10);
      return Buffer.concat([record, data]);
    });
    const asked = message.subarray(HEADER_BYTES, at + 5);
    this.socket.send(Buffer.concat([header, asked, ...records]), from.port, from.address);
  }
}

function addressBytes(address: string): Buffer {
  return Buffer.from(parseAddress(address)?.toByteArray() ?? []);
}
