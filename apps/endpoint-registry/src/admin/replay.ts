import { setTimeout as delay } from 'node:timers/promises';

import { RefusalException } from '@skillora/rest';
import { Command } from 'commander';
import type { DataSource } from 'typeorm';

import { operator } from '../changes/author.js';
import { Endpoint } from '../endpoints/endpoint.entity.js';
import { presentRecovery } from '../recoveries/present-recovery.js';
import { Recovery } from '../recoveries/recovery.entity.js';
import { cancelRecovery } from '../recoveries/recovery-cancellation.js';
import { createRecovery } from '../recoveries/recovery-creation.js';
import type { Admin } from './admin.js';
import { rateArgument, timeArgument, uuidArgument } from './arguments.js';
import { Interruption } from './interruption.js';
import { ExitCode, Problem } from './problem.js';

interface Options {
  readonly endpoint: string;
  readonly from: Date;
  readonly to?: Date;
  readonly rate: number;
  readonly includeDelivered?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

const LOOK_EVERY_MS = 500;
const PROGRESS_EVERY_MS = 5_000;
/** Each instance of endpoint-registry looks for recoveries more often than this, ms. */
const NOBODY_AT_WORK_MS = 20_000;

/** `replay`: a recovery for operators, and its progress. */
export const replay = (admin: Admin): Command =>
  new Command('replay')
    .description(
      'Sends past events to one endpoint: events whose delivery failed, and events that it missed while it was inactive or ' +
        'did not exist yet. Deliveries that are still open are left alone. It creates a recovery, which the instances of ' +
        'endpoint-registry carry out, and follows it. Ctrl-C cancels what is not sent yet.',
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
    .option('--json', 'print the recovery as JSON, as the API shows it')
    .action(async (options: Options) => {
      const dataSource = await admin.database();
      const created = await create(admin, dataSource, options);
      const interruption = new Interruption();
      try {
        const last = await follow(admin, dataSource, created, interruption.signal);
        admin.result(
          options.json
            ? JSON.stringify(presentRecovery(last), null, 2)
            : String(options.dryRun ? last.expected : last.sent),
        );
        admin.note(sentence(last));
        if (last.status !== 'cancelled') return;
        throw new Problem(
          last.reason === 'endpoint_deleted'
            ? 'the endpoint was deleted, so nothing more is sent to it'
            : 'the recovery was cancelled; to send the rest, run the command again',
          ExitCode.partly,
        );
      } finally {
        interruption.dispose();
      }
    });

async function create(admin: Admin, dataSource: DataSource, options: Options): Promise<Recovery> {
  const endpoint = await dataSource.manager.findOneBy(Endpoint, { id: options.endpoint });
  if (!endpoint || endpoint.deletedAt !== null) {
    throw new Problem("option '--endpoint': there is no such endpoint, or it is deleted");
  }
  if (!endpoint.isActive && !options.dryRun) {
    throw new Problem(
      "option '--endpoint': the endpoint is inactive, so nothing is sent to it; activate it first",
    );
  }
  const now = new Date();
  if (options.from > now) throw new Problem("option '--from': must not be in the future");
  const until = options.to && options.to < now ? options.to : now;
  if (options.from >= until) throw new Problem("option '--to': must be later than --from");
  const { organizationId, id: endpointId } = endpoint;
  const choice = {
    ...{ since: options.from, until, eventTypes: null, includeBeforeCreation: true },
    what: options.includeDelivered ? ('all' as const) : ('undelivered' as const),
    rate: options.rate,
    dryRun: options.dryRun ?? false,
  };
  try {
    return await dataSource.transaction((manager) =>
      createRecovery(manager, admin.changeLog(), operator(), { organizationId, endpointId }, choice),
    );
  } catch (error) {
    if (!(error instanceof RefusalException)) throw error;
    throw new Problem((error.getResponse() as { detail: string }).detail);
  }
}

/** @returns the recovery as it ended. */
async function follow(
  admin: Admin,
  dataSource: DataSource,
  created: Recovery,
  interrupted: AbortSignal,
): Promise<Recovery> {
  admin.note(`recovery ${created.id} of endpoint ${created.endpointId}`);
  let [toldAt, isWarned] = [Date.now(), false];
  for (;;) {
    if (interrupted.aborted) await cancel(admin, dataSource, created);
    const standing = await dataSource.manager.findOneByOrFail(Recovery, { id: created.id });
    if (standing.endedAt !== null) return standing;
    const overdueMs = Date.now() - standing.nextStepAt.getTime();
    if (overdueMs > NOBODY_AT_WORK_MS && !isWarned) {
      isWarned = true;
      admin.note('no instance of endpoint-registry is at work on the recovery; start one');
    }
    if (Date.now() - toldAt >= PROGRESS_EVERY_MS) {
      toldAt = Date.now();
      admin.note(sentence(standing));
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
}

async function cancel(admin: Admin, dataSource: DataSource, created: Recovery): Promise<void> {
  try {
    await dataSource.transaction((manager) =>
      cancelRecovery(manager, admin.changeLog(), operator(), created),
    );
  } catch (error) {
    // It may have ended at the same moment.
    const standing = await dataSource.manager.findOneByOrFail(Recovery, { id: created.id });
    if (standing.endedAt === null) throw error;
  }
}

function sentence({
  status,
  waitsFor,
  dryRun,
  expected,
  sent,
  succeeded,
  failed,
  skipped,
}: Recovery): string {
  if (dryRun) return `${status}: ${expected} deliveries would be sent`;
  const waits = waitsFor === null ? '' : `, waits for ${waitsFor}`;
  return (
    `${status}${waits}: ${sent} of ${expected} deliveries sent, ${succeeded} succeeded, ${failed} failed; ` +
    `${skipped} no longer matched and were left alone`
  );
}
