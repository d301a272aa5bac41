import { Endpoint } from '../endpoints/endpoint.entity.js';
import { IdempotencyKey } from '../idempotency/idempotency-key.entity.js';
import { ApiToken } from '../organizations/api-token.entity.js';
import { Organization } from '../organizations/organization.entity.js';
import { OutboxRecord } from '../outbox/outbox-record.entity.js';
import { Recovery } from '../recoveries/recovery.entity.js';

/**
 * The tables that are read and written row by row, as entities. SQL stays where a statement does what TypeORM has
 * no words for: the projection and its rebuild (many rows in a statement, in one order of locks, by plans that are
 * measured), lists (index scans that are merged), the items of recoveries (many rows in a statement), conditions within an upsert, and the two paths that each request or change
 * takes (the token of a request, the way of the outbox to Kafka). `ChangeLog` reads whole rows by `*`, so
 * that a column of a later release is in the log by itself.
 */
export const ENTITIES = [Organization, ApiToken, Endpoint, IdempotencyKey, OutboxRecord, Recovery];
