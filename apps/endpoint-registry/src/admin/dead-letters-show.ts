import { Command } from 'commander';

import { placeText, type Place } from '../dead-letters/dead-letter.js';
import { DeadLetterTopic } from '../dead-letters/dead-letter-topic.js';
import { type PresentedBytes, presentWholeLetter, printable } from '../dead-letters/present-dead-letter.js';
import type { Admin } from './admin.js';
import { placeArgument } from './dead-letter-options.js';
import { Problem } from './problem.js';

/** `dead-letters show`: one refused record as a whole. */
export const deadLettersShow = (admin: Admin): Command =>
  new Command('show')
    .description(
      'Shows one dead letter: why the record was refused, where it was, and its key, headers and value. ' +
        'What is not UTF-8 is shown as base64.',
    )
    .argument('<letter>', 'its place as `dead-letters list` shows it: partition/offset', placeArgument)
    .option('--json', 'print it as JSON')
    .action(async (place: Place, { json }: { json?: true }) => {
      const { kafka } = await admin.answeringKafka();
      const letter = await new DeadLetterTopic(kafka).letterAt(place);
      if (!letter) throw noSuchLetter("argument 'letter'", place);
      const { key, headers, value, ...about } = presentWholeLetter(letter);
      if (json) {
        admin.result(JSON.stringify({ ...about, key, headers, value }, null, 2));
        return;
      }
      const lines = [
        ...Object.entries(about).map(
          ([name, text]) => `${name.replaceAll('_', ' ')}: ${printable(text ?? '–')}`,
        ),
        `key: ${shown(key)}`,
        ...headers.map(({ name, value: each }) => `header ${shown(name)}: ${shown(each)}`),
        `value: ${shown(value)}`,
      ];
      admin.result(lines.join('\n'));
    });

/** There is no dead letter at a place that an operator named. */
export function noSuchLetter(where: string, place: Place): Problem {
  return new Problem(
    `${where}: there is no dead letter at ${placeText(place)}; it was deleted, or never there; see dead-letters list`,
  );
}

function shown(bytes: PresentedBytes): string {
  if (bytes === null) return 'null';
  return bytes.encoding === 'base64' ? `${bytes.text} (base64)` : printable(bytes.text);
}
