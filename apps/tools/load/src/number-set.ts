/** A set of whole numbers from 0 on, one bit each. */
export class NumberSet {
  private bits = new Uint8Array(1_024);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @returns false when the number was in the set before. */
  add(number: number): boolean {
    const byte = number >> 3;
    if (byte >= this.bits.length) {
      const grown = new Uint8Array(Math.max(byte + 1, this.bits.length * 2));
      grown.set(this.bits);
      this.bits = grown;
    }
    const bit = 1 << (number & 7);
    const before = this.bits[byte] ?? 0;
    if ((before & bit) !== 0) return false;
    this.bits[byte] = before | bit;
    this.count += 1;
    return true;
  }
}
