import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@skillora/testing';
import { answer, RawReceiver } from './http/testing/raw-receiver.js';
import { OF_PRIVATE_AUTHORITY } from './http/testing/certificates.js';
import { RunningDispatcher, Surroundings } from './testing/running-dispatcher.js';

const BROKERS = process.env['TEST_KAFKA_BROKERS'] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'skillora-private-authority-'));
const bundle = join(folder, 'ca.pem');

let surroundings: Surroundings;
let receiver: RawReceiver;

beforeAll(async () => {
  writeFileSync(bundle, OF_PRIVATE_AUTHORITY.authority);
  const { certificate: cert, key } = OF_PRIVATE_AUTHORITY;
  receiver = await RawReceiver.listen((socket) => socket.write(answer('200 OK')), 'https', {
    tls: { cert, key },
  });
  surroundings = await Surroundings.set(BROKERS);
});

afterAll(async () => {
  await surroundings.clear();
  await receiver.close();
  rmSync(folder, { recursive: true });
});

/** Delivers one event to the receiver, and tells what came of the first attempt. */
async function deliver(env: NodeJS.ProcessEnv, host: string) {
  const dispatcher = await RunningDispatcher.start(BROKERS, { DELIVERY_TIMEOUT: '30s', ...env });
  try {
    const organization = randomUUID();
    const endpoint = await surroundings.endpoint(organization, { url: receiver.url('/hook', host) });
    await surroundings.publish(organization, 1);
    await waitFor(() => surroundings.resultsOf(endpoint).length > 0, 'the first result');
    return surroundings.resultsOf(endpoint)[0];
  } finally {
    await dispatcher.stop();
  }
}

describe('a receiver whose certificate is from a private authority', () => {
  it('is delivered to once TARGET_CA_FILE names the authority', async () => {
    expect(await deliver({ TARGET_CA_FILE: bundle }, 'localhost')).toMatchObject({ status: 'success' });
  });

  it('is delivered to by its complete name and its address as well', async () => {
    expect(await deliver({ TARGET_CA_FILE: bundle }, 'localhost.')).toMatchObject({ status: 'success' });
    expect(await deliver({ TARGET_CA_FILE: bundle }, '127.0.0.1')).toMatchObject({ status: 'success' });
  });

  it('is not trusted otherwise, and the attempt says why', async () => {
    expect(await deliver({}, 'localhost')).toMatchObject({
      status: 'retrying',
      attempt: { error: 'tls', errorDetail: expect.stringContaining('is not trusted') },
    });
  });
});
