import { Command, InvalidArgumentError, Option } from 'commander';

import { ONE_HOP_SABOTAGES, type OneHopSabotage, UPGRADE_SABOTAGES } from './one-hop/one-hop-sabotage.js';
import { simulateOneHop } from './one-hop/simulate-one-hop.js';
import { SABOTAGES, type Sabotage } from './sabotage.js';
import { searchWith, simulate } from './simulate.js';

/*
 * npm run simulate: runs scenario after scenario, each from a seed, until one breaks a guarantee or the given
 * number is reached. SEED=… replays one and prints what happens. --topology one-hop plays what is to come, and upgrade
 * how it takes the place of what is (docs/decisions/36).
 */
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const count = (value: string): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('must be a whole number');
  return number;
};

type Trace = ((line: string) => void) | null;

/**
 * How events reach their endpoints: as released, by two hops, or from the log of events, which no release does yet; or
 * instances of both side by side.
 */
const TOPOLOGIES = ['two-hops', 'one-hop', 'upgrade'] as const;
const SABOTAGES_OF: Record<(typeof TOPOLOGIES)[number], readonly string[]> = {
  'two-hops': SABOTAGES,
  'one-hop': ONE_HOP_SABOTAGES,
  upgrade: UPGRADE_SABOTAGES,
};
const ALL_SABOTAGES = [...new Set(Object.values(SABOTAGES_OF).flat())];

const command = new Command('simulate')
  .description(
    'Plays scenarios of faults with the modules that decide about deliveries, and looks at what is promised.',
  )
  .option('--seeds <count>', 'how many scenarios', count, 10_000)
  .option('--first <seed>', 'the first seed', count, 1)
  .addOption(
    new Option('--topology <which>', 'how events reach their endpoints')
      .choices(TOPOLOGIES)
      .default('two-hops'),
  )
  .addOption(new Option('--sabotage <how>', 'break the system on purpose').choices(ALL_SABOTAGES))
  .parse();
const { seeds, first, sabotage, topology } = command.opts<{
  seeds: number;
  first: number;
  sabotage?: string;
  topology: (typeof TOPOLOGIES)[number];
}>();

const known = SABOTAGES_OF[topology];
if (sabotage !== undefined && !known.includes(sabotage)) {
  command.error(`the topology ${topology} has no sabotage ${sabotage}; it has ${known.join(', ')}`);
}
const play = (seed: number, trace: Trace = null): Promise<string[]> =>
  topology === 'two-hops'
    ? simulate(seed, { sabotage: (sabotage ?? null) as Sabotage | null, trace })
    : simulateOneHop(seed, {
        sabotage: (sabotage ?? null) as OneHopSabotage | null,
        trace,
        releases: topology === 'upgrade' ? 'both' : 'one',
      });
const again = [
  ...(topology === 'two-hops' ? [] : [`--topology ${topology}`]),
  ...(sabotage === undefined ? [] : [`--sabotage ${sabotage}`]),
];

const replay = process.env['SEED'];
if (replay !== undefined) {
  const broken = await play(Number(replay), print);
  print(
    broken.length === 0
      ? `seed ${replay} breaks nothing`
      : `seed ${replay} breaks:\n  ${broken.join('\n  ')}`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
} else {
  const began = performance.now();
  const found = await searchWith(play, first, seeds, (done) => {
    if (done % 1_000 === 0) print(`${done} of ${seeds} scenarios, nothing broken`);
  });
  const seconds = (performance.now() - began) / 1_000;
  if (found) {
    print(`seed ${found.seed} breaks:\n  ${found.broken.slice(0, 10).join('\n  ')}`);
    print(
      `play it again: SEED=${found.seed} npm run simulate${again.length > 0 ? ` -- ${again.join(' ')}` : ''}`,
    );
    process.exitCode = 1;
  } else {
    print(`${seeds} scenarios in ${seconds.toFixed(1)} s, every guarantee kept in each`);
  }
}
