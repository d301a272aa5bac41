import { Command } from 'commander';

import type { DeadLetter } from '../dead-letters/dead-letter.js';
import { DeadLetterTopic } from '../dead-letters/dead-letter-topic.js';
import { type PresentedLetter, presentLetter, printable } from '../dead-letters/present-dead-letter.js';
import { isSelected } from '../dead-letters/selection.js';
import type { Admin } from './admin.js';
import { limitArgument, selecting, type SelectionOptions, selectionOf } from './dead-letter-options.js';
import { table } from './table.js';

interface Options extends SelectionOptions {
  readonly limit: number;
  readonly json?: true;
}

/** How much of a text a line for people shows. */
const MAX_CHARACTERS = 60;

/** `dead-letters list`: which records of the public topic were refused, and why. */
export const deadLettersList = (admin: Admin): Command =>
  selecting(new Command('list'))
    .description(
      'Lists records of interview-completions that were refused, the newest first: place, time, reason, organisation, event. ' +
        'Also counts them by reason.',
    )
    .option('--limit <n>', 'how many to show at most', limitArgument, 50)
    .option('--json', 'print the list as JSON')
    .action(async ({ limit, json, ...options }: Options) => {
      const selection = selectionOf(options);
      const { kafka } = await admin.answeringKafka();
      const topic = new DeadLetterTopic(kafka);
      const reasons = new Map<string, number>();
      let newest: DeadLetter[] = [];
      for await (const part of topic.read(await topic.spans(selection.since))) {
        const selected = part.filter((letter) => isSelected(letter, selection));
        for (const { refusal } of selected) {
          const reason = refusal?.reason ?? 'none';
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
        newest = [...newest, ...selected]
          .sort((one, other) => other.refusedAt - one.refusedAt)
          .slice(0, limit);
      }
      const shown = newest.map(presentLetter);
      if (json) admin.result(JSON.stringify(shown, null, 2));
      else if (shown.length > 0) admin.result(table(shown.map(row)));
      const count = [...reasons.values()].reduce((sum, each) => sum + each, 0);
      const byReason = [...reasons].map(([reason, each]) => `${printable(reason)} ${each}`).join(', ');
      admin.note(
        count === 0
          ? 'there are no such dead letters'
          : `dead letters ${count}, shown ${shown.length}: ${byReason}`,
      );
    });

function row(letter: PresentedLetter): Record<string, string> {
  return {
    letter: letter.letter,
    'refused at': letter.refused_at,
    reason: line(letter.reason),
    organisation: line(letter.organization_id),
    source: line(letter.source),
    id: line(letter.source_id),
    detail: line(letter.detail),
  };
}

function line(text: string | null): string {
  const shown = printable(text ?? '–');
  return shown.length <= MAX_CHARACTERS ? shown : `${shown.slice(0, MAX_CHARACTERS - 1)}…`;
}
