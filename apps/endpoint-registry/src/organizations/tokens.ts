import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { TokenDirectory } from '@skillora/rest';
import { DataSource } from 'typeorm';

import { READING } from '../database/reading.js';
import { type KnownToken, TOKEN_COLUMNS, type TokenRow, toTokenState } from './token-row.js';

/**
 * Reads tokens from the database at every request, so a revoked token is refused from the next request on.
 */
@Injectable()
export class Tokens implements TokenDirectory {
  constructor(@InjectDataSource(READING) private readonly dataSource: DataSource) {}

  /** The token with that hash, unless it was revoked. */
  async find(hash: string): Promise<KnownToken | null> {
    const [row] = await this.dataSource.query<TokenRow[]>(
      `SELECT ${TOKEN_COLUMNS} FROM api_tokens WHERE hash = $1 AND revoked_at IS NULL`,
      [hash],
    );
    return row ? { ...toTokenState(row), id: row.id, name: row.name } : null;
  }
}
