const UUID_BYTES = 16;

/** Writes numbers, UUIDs and texts one after the other. */
export class ByteWriter {
  private readonly parts: Buffer[] = [];

  /** A whole number, big-endian. @throws {RangeError} when it does not fit. */
  number(value: number, bytes: number): this {
    const buffer = Buffer.alloc(bytes);
    if (bytes > 6) buffer.writeBigUInt64BE(BigInt(value));
    else buffer.writeUIntBE(value, 0, bytes);
    this.parts.push(buffer);
    return this;
  }

  /** An offset, in eight bytes. */
  offset(value: bigint): this {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64BE(value);
    this.parts.push(buffer);
    return this;
  }

  uuid(value: string): this {
    const buffer = Buffer.from(value.replaceAll('-', ''), 'hex');
    if (buffer.length !== UUID_BYTES) throw new RangeError(`not a UUID: ${value}`);
    this.parts.push(buffer);
    return this;
  }

  /** A text, behind its length in so many bytes. */
  text(value: string, lengthBytes: number): this {
    const buffer = Buffer.from(value, 'utf8');
    this.number(buffer.length, lengthBytes);
    this.parts.push(buffer);
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Reads what {@link ByteWriter} has written. Each method throws a {RangeError} behind the end. */
export class ByteReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  number(bytes: number): number {
    const from = this.pass(bytes);
    return bytes > 6 ? Number(this.bytes.readBigUInt64BE(from)) : this.bytes.readUIntBE(from, bytes);
  }

  offset(): bigint {
    return this.bytes.readBigInt64BE(this.pass(8));
  }

  uuid(): string {
    const from = this.pass(UUID_BYTES);
    const hex = this.bytes.toString('hex', from, from + UUID_BYTES);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  text(lengthBytes: number): string {
    const length = this.number(lengthBytes);
    const from = this.pass(length);
    return this.bytes.toString('utf8', from, from + length);
  }

  /** So many items as a number of `countBytes` says. */
  list<T>(countBytes: number, item: () => T): T[] {
    const items: T[] = [];
    for (let left = this.number(countBytes); left > 0; left -= 1) items.push(item());
    return items;
  }

  /** @throws {RangeError} when something is left. */
  end(): void {
    if (this.at !== this.bytes.length) throw new RangeError(`${this.bytes.length - this.at} bytes too many`);
  }

  private pass(count: number): number {
    const from = this.at;
    if (from + count > this.bytes.length) throw new RangeError('bytes are missing');
    this.at += count;
    return from;
  }
}
