import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** The nonce length GCM is specified for (NIST SP 800-38D, 5.2.1.1). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BASE64_KEY = /^[A-Za-z0-9+/]{43}=?$/;
const SEALED = /^v1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/;

/**
 * A sealed secret that cannot be opened. The message names the id of the missing key, never a secret or a
 * key.
 */
export class SealedSecretError extends Error {
  override readonly name = 'SealedSecretError';
}

/** Whether a text has the form of a sealed secret. */
export function isSealed(text: string): boolean {
  return SEALED.test(text);
}

/** The id of the key that a text was sealed with; null of a text that is not sealed. */
export function sealingKeyOf(text: string): string | null {
  return SEALED.exec(text)?.[1] ?? null;
}

/** How many bytes of UTF-8 a sealed text holds, without opening it; 0 of a text that is not sealed. */
export function sealedBytes(text: string): number {
  const sealed = SEALED.exec(text)?.[3];
  return sealed === undefined ? 0 : Buffer.from(sealed, 'base64url').length - TAG_BYTES;
}

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * Encrypts ("seals") endpoint secrets for the database and for Kafka, with AES-256-GCM and a fresh random
 * nonce each time. The endpoint's id is associated data: a sealed secret that is copied to another endpoint
 * does not open there. The text form is `v1.<key id>.<nonce>.<ciphertext and tag>`, the last two in
 * base64url. The key id says which key opens it, so keys can be rotated by putting a new one in front of the
 * old one.
 */
export class SecretBox {
  private readonly byId: ReadonlyMap<string, Key>;

  private constructor(
    private readonly newest: Key,
    older: readonly Key[],
  ) {
    this.byId = new Map([newest, ...older].map((key) => [key.id, key]));
  }

  /**
   * @param value keys of 32 bytes in base64, separated by commas. The first one seals, all of them open.
   * @throws {Error} with one line that continues the name of the setting. It says which key is wrong and how
   * to create one, without repeating the key.
   */
  static fromSetting(value: string): SecretBox {
    const [newest, ...older] = value
      .split(',')
      .map((text, index, all) => parseKey(text.trim(), index, all.length));
    if (!newest) throw new Error('no key given');
    return new SecretBox(newest, older);
  }

  /** The id of the key that seals, for logs and for finding secrets that an older key sealed. */
  get keyId(): string {
    return this.newest.id;
  }

  /** The ids of all keys; the sealing key comes first. */
  get keyIds(): readonly string[] {
    return [...this.byId.keys()];
  }

  /** Whether a sealed secret was sealed with the present sealing key. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${VERSION}.${this.newest.id}.`);
  }

  /** Seals `secret` for the endpoint; sealing twice gives two different texts. */
  seal(secret: string, endpointId: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.newest.bytes, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associatedData(endpointId));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return [VERSION, this.newest.id, nonce.toString('base64url'), sealed.toString('base64url')].join('.');
  }

  /**
   * Opens a secret that was sealed for this endpoint.
   * @throws {SealedSecretError} when the text is not a sealed secret, was sealed with a key that is not set,
   * was altered, or belongs to another endpoint.
   */
  open(sealed: string, endpointId: string): string {
    const [, keyId, nonceText, sealedText] = SEALED.exec(sealed) ?? [];
    if (keyId === undefined || nonceText === undefined || sealedText === undefined) {
      throw new SealedSecretError('not a sealed secret: it should read v1.<key id>.<nonce>.<ciphertext>');
    }
    const key = this.byId.get(keyId);
    if (!key) {
      throw new SealedSecretError(
        `the secret was sealed with key ${keyId}, which SECRETS_KEY does not hold (it holds ${[...this.byId.keys()].join(', ')})`,
      );
    }
    const bytes = Buffer.from(sealedText, 'base64url');
    // In some base64 texts the last bits are unused. Only one text per secret is accepted, so no altered one
    // opens.
    if (bytes.toString('base64url') !== sealedText) throw tampered(keyId);
    const decipher = createDecipheriv(CIPHER, key.bytes, Buffer.from(nonceText, 'base64url'), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associatedData(endpointId));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw tampered(keyId);
    }
  }
}

function parseKey(text: string, index: number, count: number): Key {
  const bytes = Buffer.from(text, 'base64');
  if (!BASE64_KEY.test(text) || bytes.length !== KEY_BYTES) {
    const which = count === 1 ? 'it' : `key ${index + 1} of ${count}`;
    throw new Error(
      `must be ${KEY_BYTES} bytes in base64, several such keys separated by commas, newest first; ${which} is not ` +
        `(make one with: openssl rand -base64 ${KEY_BYTES})`,
    );
  }
  return { id: keyId(bytes), bytes };
}

/**
 * Derived with its own domain, so that the id, which is published in every record, is the hash of nothing
 * else.
 */
function keyId(key: Buffer): string {
  return createHash('sha256').update('skillora secret box key id\0').update(key).digest('hex').slice(0, 8);
}

function associatedData(endpointId: string): Buffer {
  return Buffer.from(`endpoint-secret:${endpointId}`, 'utf8');
}

function tampered(keyId: string): SealedSecretError {
  return new SealedSecretError(
    `the secret sealed with key ${keyId} does not open: it was altered, or belongs to another endpoint`,
  );
}
