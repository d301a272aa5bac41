import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { SettingReader } from '@skillora/operability';

/** One certificate of a bundle. */
export interface BundledCertificate {
  readonly pem: string;
  /** The subject of the certificate on one line: `O=Example, CN=Example Root`. */
  readonly subject: string;
  /** The last moment of its validity, ms since the epoch. */
  readonly validTo: number;
}

const BLOCK = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/**
 * Reads the certificates in a PEM file, in the order of the file. An empty path gives none. Comments and
 * blocks of another kind are skipped.
 * @throws {Error} with one line that continues the name of the setting.
 */
export const certificatesFile: SettingReader<readonly BundledCertificate[]> = (path) => {
  if (path === '') return [];
  const rule = 'must be the path of a file with certificates in PEM:';
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${rule} it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  const blocks = content.match(BLOCK) ?? [];
  if (blocks.length === 0) throw new Error(`${rule} there is none in it`);
  return blocks.map((pem, index) => {
    try {
      const { subject, validTo } = new X509Certificate(pem);
      return { pem, subject: subject.replaceAll('\n', ', '), validTo: Date.parse(validTo) };
    } catch {
      throw new Error(`${rule} number ${index + 1} of ${blocks.length} is damaged`);
    }
  });
};
