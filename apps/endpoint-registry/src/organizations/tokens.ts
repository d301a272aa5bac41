import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { TokenDirectory } from '@skillora/rest';
import { DataSource, IsNull } from 'typeorm';

import { READING } from '../database/reading.js';
import { ApiToken } from './api-token.entity.js';
import { type KnownToken, toTokenState } from './token-state.js';

/**
 * Reads tokens from the database at every request, so a revoked token is refused from the next request on.
 */
@Injectable()
export class Tokens implements TokenDirectory {
  constructor(@InjectDataSource(READING) private readonly dataSource: DataSource) {}

  /** The token with that hash, unless it was revoked. */
  async find(hash: string): Promise<KnownToken | null> {
    const found = await this.dataSource.manager.findOneBy(ApiToken, { hash, revokedAt: IsNull() });
    return found && { ...toTokenState(found), id: found.id, name: found.name };
  }
}
