import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RECEIVER_CERTIFICATE } from '@skillora/testing';

import { EXPIRED, OF_PRIVATE_AUTHORITY } from './testing/certificates.js';
import { readDispatcherSettings } from '../settings.js';

const folder = mkdtempSync(join(tmpdir(), 'skillora-authorities-'));
afterAll(() => rmSync(folder, { recursive: true }));

function authorities(path: string) {
  const { targetAuthorities } = readDispatcherSettings({
    KAFKA_BROKERS: 'kafka:9092',
    SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    TARGET_CA_FILE: path,
  });
  return targetAuthorities;
}

function bundle(content: string): string {
  const path = join(folder, 'bundle.pem');
  writeFileSync(path, content);
  return path;
}

describe('TARGET_CA_FILE', () => {
  it('may be left out, and then names no authority', () => {
    expect(authorities('')).toEqual([]);
  });

  it('names all certificates of a bundle, with anything between them', () => {
    const content = `# ours\n${OF_PRIVATE_AUTHORITY.authority}\n${EXPIRED.key}${RECEIVER_CERTIFICATE.replaceAll('\n', '\r\n')}`;
    expect(authorities(bundle(content)).map(({ subject }) => subject)).toEqual([
      'CN=Skillora test private authority',
      'CN=receiver.test',
    ]);
  });

  it('tells until when a certificate is valid', () => {
    expect(authorities(bundle(EXPIRED.certificate))[0]?.validTo).toBe(Date.parse('2021-01-01T00:00:00Z'));
  });

  it.each([
    ['a file that is not there', () => join(folder, 'absent.pem'), 'it cannot be read (ENOENT)'],
    ['a folder', () => folder, 'it cannot be read (EISDIR)'],
    ['an empty file', () => bundle(''), 'there is none in it'],
    ['a key', () => bundle(OF_PRIVATE_AUTHORITY.key), 'there is none in it'],
    ['a file in DER', () => bundle('0\x82\x01\xa2'), 'there is none in it'],
    [
      'a certificate that is damaged',
      () => bundle(OF_PRIVATE_AUTHORITY.authority + RECEIVER_CERTIFICATE.replace('MIIB', 'MIIC')),
      'number 2 of 2 is damaged',
    ],
  ])('cannot be %s, and the error says so in one line', (_, path, problem) => {
    expect(() => authorities(path())).toThrow(
      `bad settings: TARGET_CA_FILE must be the path of a file with certificates in PEM: ${problem}`,
    );
  });
});
