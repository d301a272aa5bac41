import { randomUUID } from 'node:crypto';

import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { getDataSourceToken } from '@nestjs/typeorm';
import { createDatabaseOn } from '@skillora/engines';
import { KAFKA, RecordProducer } from '@skillora/kafka';
import { createLogger, createService } from '@skillora/operability';

import { operator } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { READING } from '../database/reading.js';
import { OrganizationTurns } from '../limits/organization-turns.js';
import { Organizations } from '../organizations/organizations.js';
import { type TokenChoice, TokenChanges } from '../organizations/token-changes.js';
import type { LogBuilder } from '../projection/testing/log-builder.js';
import { projectedToTheEnd } from '../projection/testing/projected-to-the-end.js';
import { registryService } from '../registry-service.js';
import { readRegistrySettings } from '../settings.js';
import { DataSource } from 'typeorm';

import { pastTheLog } from './past-the-log.js';

/** Who the log of changes names for what a test sets up. */
const BY = operator('a test');

/**
 * Settings with which nothing happens that a test does not want. Deliveries of tests have failed months ago: by default
 * their endpoints are announced at once, and the notices are events of their organisations, which tests count. And on
 * a busy machine a query may take longer than it usually may; so may a connection.
 */
const QUIET = { ENDPOINT_FAILING_AFTER: '90d', ENDPOINT_DISABLE_AFTER: '0s', API_QUERY_TIMEOUT: '10m' };

/** On a busy machine many changes of an organisation, one after the other, take longer than a request usually waits, ms. */
const PATIENCE_MS = 300_000;

/** An answer of the API, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Null when there is none. */
  readonly body: unknown;
}

/** The service in this process, on its own database, with what a test needs around it. */
export class RunningRegistry {
  private constructor(
    private readonly app: NestFastifyApplication,
    private readonly url: string,
    /** Every route of the application, as `GET /path/:id`; HEAD counts as GET. */
    readonly routes: readonly string[],
  ) {}

  /** Against the engines of the run (`TEST_KAFKA_BROKERS`, `TEST_DATABASE_URL`). */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<RunningRegistry> {
    const logger = createLogger('endpoint-registry-test', 'silent');
    const { DATABASE_URL = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '') } = env;
    const settings = readRegistrySettings({
      KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
      SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
      TOPIC_PARTITIONS: '3',
      ...QUIET,
      ...env,
      DATABASE_URL: `${DATABASE_URL}?connect_timeout=60`,
    });
    const routes = new Set<string>();
    const service = registryService(settings, logger);
    const app = await createService({
      ...service,
      prepare: async (created) => {
        created
          .getHttpAdapter()
          .getInstance()
          .addHook('onRoute', ({ method, url }) => {
            for (const each of [method].flat()) if (each !== 'HEAD') routes.add(`${each} ${url}`);
          });
        await service.prepare?.(created);
      },
    });
    app.get(OrganizationTurns).mostWaitMs = PATIENCE_MS;
    await app.init();
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    return new RunningRegistry(app, await app.getUrl(), [...routes].sort());
  }

  /** Makes an organisation. @returns its id. */
  async organization(): Promise<string> {
    const id = randomUUID();
    await new Organizations(this.app.get(DataSource), this.app.get(ChangeLog)).create(BY, 'A test', id);
    return id;
  }

  async token(
    organizationId: string,
    scopes: TokenChoice['scopes'],
    expiresAt: Date | null = null,
  ): Promise<{ id: string; token: string }> {
    const choice = { name: 'a test', scopes, expiresAt };
    const { row, token } = await this.app.get(TokenChanges).create(BY, organizationId, choice);
    return { id: row.id, token };
  }

  async revoke(id: string): Promise<void> {
    await this.app.get(TokenChanges).revoke(BY, { id });
  }

  /** Writes records to the log, for the projection to read. */
  async happened(log: LogBuilder): Promise<void> {
    const records = log
      .build()
      .flatMap(({ topic, records: some }) => some.map((each) => ({ topic, ...each })));
    await this.app.get(RecordProducer).send(records.map(({ topic, key, value }) => ({ topic, key, value })));
  }

  /**
   * Waits until the database has every record that is in the log now. A test that changes rows by hand, or counts
   * them, waits for this first: topics are read independently, so a record of another topic can come late.
   */
  async applied(): Promise<void> {
    await projectedToTheEnd(this.app.get(KAFKA), this.app.get(DataSource));
  }

  /** @param token null sends no credentials. @param left aborted when the client should leave. */
  async call(
    method: string,
    path: string,
    token: string | null,
    body?: unknown,
    more: Record<string, string> = {},
    left?: AbortSignal,
  ): Promise<Answer> {
    const response = await fetch(new URL(path, this.url), {
      method,
      ...(left ? { signal: left } : {}),
      headers: {
        ...more,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = (response.headers.get('content-type') ?? '').includes('event-stream');
    // A stream has no end; its beginning is the answer.
    if (isStream) await response.body?.cancel();
    const text = isStream ? '' : await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : null,
    };
  }

  /** Reads from its database, or changes what only time would change. */
  query<T>(text: string, parameters: unknown[]): Promise<T[]> {
    return pastTheLog<T>(this.app.get(DataSource), text, parameters);
  }

  /** A part of it. */
  of<T>(type: Type<T> | symbol): T {
    return this.app.get<T>(type);
  }

  /** Its connections for the reads of the API. */
  get reading(): DataSource {
    return this.app.get<DataSource>(getDataSourceToken(READING));
  }

  /** Opens a stream of server-sent events. */
  follow(path: string, token: string, lastEventId?: string): Promise<Response> {
    return fetch(new URL(path, this.url), {
      headers: {
        authorization: `Bearer ${token}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
    });
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}
