import { type Cidr, parseCidr } from './cidr.js';

/** A block to which no webhook may be sent, as a registry or a vendor names it. */
export interface SpecialPurposeBlock {
  readonly block: string;
  readonly name: string;
  /** Where the block is reserved. */
  readonly source: string;
}

/** Rows of `[block, name, source]` as data. */
export function specialPurposeBlocks(
  rows: readonly (readonly [block: string, name: string, source: string])[],
): readonly SpecialPurposeBlock[] {
  return rows.map(([block, name, source]) => ({ block, name, source }));
}

/** The block's range of addresses. @throws {Error} when its row has a typing error. */
export function rangeOf({ block }: Pick<SpecialPurposeBlock, 'block'>): Cidr {
  const cidr = parseCidr(block);
  if (cidr === null) throw new Error(`${block} is not an address block`);
  return cidr;
}
