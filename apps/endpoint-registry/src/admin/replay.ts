import { EVENT_TYPES } from '@skillora/contracts';
import { Command } from 'commander';

import { operator } from '../changes/author.js';
import type { EndpointRow } from '../endpoints/endpoint.js';
import { Replay, type ReplayFigures, ReplayStalled } from '../replay/replay.js';
import type { Admin } from './admin.js';
import { rateArgument, timeArgument, uuidArgument } from './arguments.js';
import { Problem } from './problem.js';

interface Options {
  readonly endpoint: string;
  readonly from: Date;
  readonly to?: Date;
  readonly rate: number;
  readonly includeDelivered?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

/**
 * The key of an advisory lock, together with the endpoint's id: only one replay to an endpoint runs at a
 * time.
 */
const REPLAY_LOCK = 7_214_004;
const PROGRESS_EVERY_MS = 5_000;

/** `replay`: sends past events to one endpoint again. */
export const replay = (admin: Admin): Command =>
  new Command('replay')
    .description(
      'Sends past events to one endpoint: events whose delivery failed, and events that it missed while it was inactive or ' +
        'did not exist yet. Deliveries that are still open are left alone, and so are events that the filter of the endpoint leaves out now. You can interrupt it and run it again.',
    )
    .requiredOption('--endpoint <uuid>', 'the endpoint that gets the events', uuidArgument)
    .requiredOption(
      '--from <time>',
      'only events accepted at this time or later, for example 2026-01-15T14:30:00Z',
      timeArgument,
    )
    .option('--to <time>', 'only events accepted before this time (default: now)', timeArgument)
    .option('--rate <deliveries>', 'the maximum number of deliveries a second', rateArgument, 10)
    .option('--include-delivered', 'also send events again that were delivered')
    .option('--dry-run', 'only count')
    .option('--json', 'print the figures as JSON')
    .action(async (options: Options) => {
      const dataSource = await admin.database();
      const [endpoint] = await dataSource.query<
        Pick<EndpointRow, 'organization_id' | 'version' | 'events' | 'is_active' | 'filter'>[]
      >(
        'SELECT organization_id, version, events, is_active, filter FROM endpoints WHERE id = $1 AND deleted_at IS NULL',
        [options.endpoint],
      );
      if (!endpoint) throw new Problem("option '--endpoint': there is no such endpoint, or it is deleted");
      if (!endpoint.is_active && !options.dryRun) {
        throw new Problem(
          "option '--endpoint': the endpoint is inactive, so nothing is sent to it; activate it first",
        );
      }
      const runner = dataSource.createQueryRunner();
      try {
        const [lock] = (await runner.query('SELECT pg_try_advisory_lock($1, hashtext($2)) AS held', [
          REPLAY_LOCK,
          options.endpoint,
        ])) as [{ held: boolean }];
        if (!lock.held) throw new Problem('another replay to this endpoint is running');
        let toldAt = Date.now();
        const run = new Replay(
          dataSource,
          { log: admin.changeLog(), author: operator() },
          () => admin.bringIntoForce(),
          {
            organizationId: endpoint.organization_id,
            endpointId: options.endpoint,
            endpointVersion: Number(endpoint.version),
            filter: endpoint.filter,
            eventTypes: EVENT_TYPES.filter((type) => endpoint.events.includes(type)),
            from: options.from,
            to: options.to ?? new Date(),
            rate: options.rate,
            includeDelivered: options.includeDelivered ?? false,
            dryRun: options.dryRun ?? false,
          },
          (figures) => {
            if (Date.now() - toldAt < PROGRESS_EVERY_MS) return;
            toldAt = Date.now();
            admin.note(sentence(figures, false));
          },
        );
        const figures = await run.run().catch((error: unknown) => {
          if (!(error instanceof ReplayStalled)) throw error;
          throw new Problem(
            `stopped: no attempt has ended for 11 minutes. Once the endpoint answers, continue with --from ${error.reached.toISOString()}`,
          );
        });
        admin.result(
          options.json ? JSON.stringify(figures, null, 2) : String(figures.made + figures.repeated),
        );
        admin.note(sentence(figures, options.dryRun ?? false));
      } finally {
        await runner.release();
      }
    });

function sentence(
  { events, made, repeated, skippedOpen, skippedDelivered, skippedFiltered, underWay }: ReplayFigures,
  dryRun: boolean,
): string {
  return (
    `${events} events: ${made} ${dryRun ? 'would be ' : ''}sent for the first time, ${repeated} again; left alone ` +
    `${skippedDelivered} that arrived, ${skippedOpen} still open and ${skippedFiltered} that the filter leaves out; ${underWay} attempts under way`
  );
}
