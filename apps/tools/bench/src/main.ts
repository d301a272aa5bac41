import { Argument, Command, InvalidArgumentError } from 'commander';

import { print } from './figures.js';
import type { ScenarioOptions } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';

/*
 * npm run bench: measures the whole system on this machine, from the public topic to customers' servers.
 * Machines differ and are noisy, so compare the ratios within one run.
 */
const minutes = (value: string): number => {
  const number = Number(value);
  if (!(number > 0 && number <= 120)) throw new InvalidArgumentError('must be a number of minutes up to 120');
  return number;
};

const deliveries = (value: string): number => {
  const number = Number(value);
  if (!(Number.isInteger(number) && number >= 2 && number <= 1_000_000))
    throw new InvalidArgumentError('must be a whole number from 2 to 1,000,000');
  return number;
};

const command = new Command('bench')
  .description(
    `Measures:\n${SCENARIOS.map(({ name, description }) => `  ${name}: ${description}`).join('\n')}`,
  )
  .addArgument(
    new Argument('[scenarios...]', 'which of them; all by default').choices(
      SCENARIOS.map(({ name }) => name),
    ),
  )
  .option('--quick', 'less of everything, for a first look', false)
  .option('--attack <words>', 'only attacks with these words in their names')
  .option('--minutes <number>', 'how long memory is watched', minutes, 10)
  .option('--deliveries <number>', 'how many deliveries are recovered', deliveries, 100_000)
  .parse();

const wanted = command.args;
print(`node ${process.version}`);
for (const scenario of SCENARIOS) {
  if (wanted.length > 0 && !wanted.includes(scenario.name)) continue;
  print(`\n${scenario.name}: ${scenario.description}`);
  await scenario.run(command.opts<ScenarioOptions & { quick: boolean }>());
}
