import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

import { Customer } from './testing/customer.js';

const stack = Customer.ofStack().address;

/** Addresses of this machine beside 127.0.0.1: what listens on all addresses answers there too. */
const otherAddresses = [
  // Linux has all of 127.0.0.0/8.
  ...(process.platform === 'linux' ? ['127.0.0.2'] : []),
  ...Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address),
];

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** All files below a folder of which others of the machine may read something. */
function openFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => {
      const { mode } = statSync(path, { throwIfNoEntry: false }) ?? { mode: 0 };
      return (mode & 0o044) !== 0;
    });
}

describe('what npm start runs', () => {
  it('is reached on 127.0.0.1 and at no other address of the machine', async () => {
    const { DATABASE_URL: database = '' } = JSON.parse(
      readFileSync(join(stack.dataDir, 'environment.json'), 'utf8'),
    ) as Record<string, string>;
    const services = [stack.api, stack.ingest, stack.dispatcher, ...Object.values(stack.management)];
    const ports = [...services, `http://${stack.brokers[0] ?? ''}`, database].map((url) =>
      Number(new URL(url).port),
    );
    for (const port of ports) {
      expect([port, await connects('127.0.0.1', port)]).toEqual([port, true]);
      for (const other of otherAddresses) {
        expect([port, other, await connects(other, port)]).toEqual([port, other, false]);
      }
    }
  });

  it('writes no file that others of the machine may read', () => {
    expect(readdirSync(join(stack.dataDir, 'kafka')).length).toBeGreaterThan(0);
    expect(openFiles(stack.dataDir)).toEqual([]);
  });
});
