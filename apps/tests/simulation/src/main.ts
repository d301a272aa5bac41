import { Command, InvalidArgumentError, Option } from 'commander';

import { SABOTAGES, type Sabotage } from './sabotage.js';
import { search, simulate } from './simulate.js';

/*
 * npm run simulate: runs scenario after scenario, each from a seed, until one breaks a guarantee or the given
 * number is reached. SEED=… replays one and prints what happens.
 */
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const count = (value: string): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('must be a whole number');
  return number;
};

const options = new Command('simulate')
  .description(
    'Plays scenarios of faults with the modules that decide about deliveries, and looks at what is promised.',
  )
  .option('--seeds <count>', 'how many scenarios', count, 10_000)
  .option('--first <seed>', 'the first seed', count, 1)
  .addOption(new Option('--sabotage <how>', 'break the system on purpose').choices(SABOTAGES))
  .parse()
  .opts<{ seeds: number; first: number; sabotage?: Sabotage }>();

const sabotage = options.sabotage ?? null;
const replay = process.env['SEED'];
if (replay !== undefined) {
  const broken = await simulate(Number(replay), { sabotage, trace: print });
  print(
    broken.length === 0
      ? `seed ${replay} breaks nothing`
      : `seed ${replay} breaks:\n  ${broken.join('\n  ')}`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
} else {
  const began = performance.now();
  const found = await search(options.first, options.seeds, {
    sabotage,
    onSeed: (done) => {
      if (done % 1_000 === 0) print(`${done} of ${options.seeds} scenarios, nothing broken`);
    },
  });
  const seconds = (performance.now() - began) / 1_000;
  if (found) {
    print(`seed ${found.seed} breaks:\n  ${found.broken.slice(0, 10).join('\n  ')}`);
    print(
      `play it again: SEED=${found.seed} npm run simulate${sabotage ? ` -- --sabotage ${sabotage}` : ''}`,
    );
    process.exitCode = 1;
  } else {
    print(`${options.seeds} scenarios in ${seconds.toFixed(1)} s, every guarantee kept in each`);
  }
}
