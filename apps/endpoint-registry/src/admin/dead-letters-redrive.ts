import { RecordProducer } from '@skillora/kafka';
import { Command } from 'commander';
import type { DataSource } from 'typeorm';

import { operator } from '../changes/author.js';
import { acceptedEvents } from '../dead-letters/accepted-events.js';
import { placeText, type DeadLetter, type Place } from '../dead-letters/dead-letter.js';
import { DeadLetterTopic } from '../dead-letters/dead-letter-topic.js';
import { type LeftAlone, NEVER_REDRIVEN } from '../dead-letters/decide-redrive.js';
import { RedriveEntries } from '../dead-letters/redrive-entry.js';
import { Redrive, type RedriveFigures, RedriveStopped } from '../dead-letters/redrive.js';
import type { Selection } from '../dead-letters/selection.js';
import type { Admin } from './admin.js';
import { rateArgument } from './arguments.js';
import { placeArgument, selecting, type SelectionOptions, selectionOf } from './dead-letter-options.js';
import { noSuchLetter } from './dead-letters-show.js';
import { Interruption } from './interruption.js';
import { describeError, ExitCode, Problem } from './problem.js';

interface Options extends SelectionOptions {
  readonly letter?: readonly Place[];
  readonly all?: true;
  readonly after?: Place;
  readonly rate: number;
  readonly dryRun?: true;
  readonly json?: true;
}

const PROGRESS_EVERY_MS = 5_000;

/** Why letters are left alone, for people. */
const BECAUSE: Readonly<Record<LeftAlone, string>> = {
  accepted: 'whose event was accepted since',
  conflicting_data: 'with other data for an event that was accepted before',
  incomplete: 'that lack a part of the record',
  unreadable: 'that hold a batch nobody can read',
  not_ours: 'that none of our services wrote',
  too_large: 'that are too large for the topic',
};

/** `dead-letters redrive`: writes refused records to the public topic again. */
export const deadLettersRedrive = (admin: Admin): Command =>
  selecting(new Command('redrive'))
    .description(
      'Writes refused records to interview-completions again, once their cause is fixed: key, value and headers byte for byte, ' +
        'and three headers that say where they come from. An event that was accepted before is not delivered again. ' +
        'Records that are refused again become new dead letters.',
    )
    .option('--letter <place>', 'only this letter, partition/offset; may be repeated', placesArgument)
    .option('--all', 'every dead letter')
    .option(
      '--after <place>',
      'only letters behind this one: continues a redrive that ended early',
      placeArgument,
    )
    .option('--rate <n>', 'records a second at most', rateArgument, 10)
    .option('--dry-run', 'only count')
    .option('--json', 'print the figures as JSON')
    .action(async (options: Options) => {
      const selection = { ...selectionOf(options), after: options.after };
      demandChoice(options);
      const dataSource = await admin.database();
      const { kafka, logger } = await admin.answeringKafka();
      const topic = new DeadLetterTopic(kafka);
      const letters = options.letter
        ? chosen(topic, options.letter)
        : topic.read(await topic.spans(selection.since));
      const producer = new RecordProducer(kafka, { lingerMs: 0, logger });
      if (!options.dryRun) await producer.connect();
      const interruption = new Interruption();
      const entries = entriesOf(admin, dataSource, options);
      try {
        const redrive = new Redrive(
          {
            letters,
            accepted: (events) => acceptedEvents(dataSource, events),
            enter: (organizationId) => entries.enter(organizationId),
            send: (records) => producer.send(records),
          },
          {
            selection,
            rate: options.rate,
            dryRun: options.dryRun ?? false,
            stop: interruption.signal,
          },
          progress(admin, options),
        );
        report(admin, options, await redrive.run());
      } catch (error) {
        if (!(error instanceof RedriveStopped) || error.cause instanceof Problem) {
          throw error instanceof RedriveStopped ? error.cause : error;
        }
        report(admin, options, error.figures);
        throw endedEarly(error);
      } finally {
        interruption.dispose();
        // A broker that is down would be waited for.
        if (!options.dryRun) void producer.disconnect().catch(() => undefined);
      }
    });

function placesArgument(text: string, former: readonly Place[] | undefined): Place[] {
  return [...(former ?? []), placeArgument(text)];
}

/**
 * @throws {Problem} when the options mean everything without saying so, or something that is never
 * redriven.
 */
function demandChoice({ reason, since, until, organization, letter, all }: Options): void {
  const narrowed = [reason, since, until, organization, letter].some((each) => each !== undefined);
  if (!narrowed && !all) {
    throw new Problem(
      'say which letters: --reason, --since, --until, --organization or --letter; or --all for every one',
    );
  }
  const never = NEVER_REDRIVEN.find((each) => reason?.includes(each));
  if (never !== undefined) {
    throw new Problem(
      `option '--reason': ${never} is never redriven; ` +
        (never === 'conflicting_data'
          ? 'the event that came first counts, and a correction is an event with an id of its own'
          : 'the letter holds a whole batch that nobody can read'),
    );
  }
}

async function* chosen(
  topic: DeadLetterTopic,
  places: readonly Place[],
): AsyncGenerator<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const place of places) {
    const letter = await topic.letterAt(place);
    if (!letter) throw noSuchLetter("option '--letter'", place);
    letters.push(letter);
  }
  yield letters;
}

function entriesOf(admin: Admin, dataSource: DataSource, options: Options): RedriveEntries {
  const { reasons, since, until, organizationId }: Selection = selectionOf(options);
  return new RedriveEntries(
    dataSource,
    { log: admin.changeLog(), author: operator() },
    {
      reasons: reasons ?? null,
      since: since?.toISOString() ?? null,
      until: until?.toISOString() ?? null,
      organization_id: organizationId ?? null,
      letters: options.letter?.map(placeText) ?? null,
      rate: options.rate,
    },
  );
}

function progress(admin: Admin, options: Options): (figures: RedriveFigures) => void {
  let saidAt = Date.now();
  return (figures) => {
    if (Date.now() - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = Date.now();
    admin.note(sentence(figures, options));
  };
}

function report(admin: Admin, options: Options, figures: RedriveFigures): void {
  const { matched, redriven, leftAlone: left_alone, reached } = figures;
  const json = { matched, redriven, left_alone, reached, dry_run: options.dryRun ?? false };
  admin.result(options.json ? JSON.stringify(json, null, 2) : String(redriven));
  admin.note(sentence(figures, options));
}

function sentence({ matched, redriven, leftAlone }: RedriveFigures, { dryRun }: Options): string {
  const left = Object.entries(leftAlone).map(
    ([because, count]) => `${count} ${BECAUSE[because as LeftAlone]}`,
  );
  const done = `dead letters ${matched}: ${redriven} ${dryRun ? 'would be written again' : 'written again'}`;
  return left.length === 0 ? done : `${done}; left alone ${left.join(', ')}`;
}

function endedEarly({ figures: { reached }, cause }: RedriveStopped): Problem {
  const why = cause === null ? 'stopped' : `ended early: ${describeError(cause)}`;
  const how = reached === null ? 'nothing was written' : `continue with --after ${reached}`;
  return new Problem(`${why}; ${how}`, reached === null ? ExitCode.failed : ExitCode.partly);
}
