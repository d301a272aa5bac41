import { type Command, InvalidArgumentError } from 'commander';

import type { Place } from '../dead-letters/dead-letter.js';
import type { Selection } from '../dead-letters/selection.js';
import { timeArgument, uuidArgument } from './arguments.js';
import { Problem } from './problem.js';

const MOST_LISTED = 1_000;
const LARGEST_OFFSET = 2n ** 63n - 1n;

/** `partition/offset`. */
export function placeArgument(text: string): Place {
  const [, partition = '', offset = ''] = /^(\d{1,9})\/(\d{1,19})$/.exec(text) ?? [];
  if (partition === '' || BigInt(offset) > LARGEST_OFFSET) {
    throw new InvalidArgumentError(
      'It must be the place of a dead letter, partition/offset, such as 3/1207.',
    );
  }
  return { partition: Number(partition), offset: BigInt(offset) };
}

/** How many letters a list shows. */
export function limitArgument(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,4}$/.test(text) || limit < 1 || limit > MOST_LISTED) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_LISTED}.`);
  }
  return limit;
}

/** One or more reasons, comma-separated; the option may occur several times. */
function reasonsArgument(text: string, former: readonly string[] | undefined): string[] {
  const reasons = text.split(',').map((reason) => reason.trim());
  if (!reasons.every((reason) => /^[a-z][a-z0-9_]{0,63}$/.test(reason))) {
    throw new InvalidArgumentError(
      'It must be a reason as `dead-letters list` shows it, such as invalid_data, or several with commas between.',
    );
  }
  return [...(former ?? []), ...reasons];
}

/** The options that say which dead letters are meant. */
export interface SelectionOptions {
  readonly reason?: readonly string[];
  readonly since?: Date;
  readonly until?: Date;
  readonly organization?: string;
}

/** Adds the options to a command. */
export function selecting(command: Command): Command {
  return command
    .option('--reason <reason>', 'only letters with this reason, or one of several', reasonsArgument)
    .option('--since <time>', 'only records refused at this time or later, ISO 8601', timeArgument)
    .option('--until <time>', 'only records refused before this time, ISO 8601', timeArgument)
    .option('--organization <uuid>', 'only letters whose key or event names this organisation', uuidArgument);
}

/** @throws {Problem} when nothing can be between the two times. */
export function selectionOf({ reason, since, until, organization }: SelectionOptions): Selection {
  if (since && until && since >= until) {
    throw new Problem("option '--since': it must be earlier than '--until'");
  }
  return { reasons: reason, since, until, organizationId: organization };
}
