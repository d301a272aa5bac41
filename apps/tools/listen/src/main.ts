import { Command } from 'commander';

import { listen } from './listen.js';
import { type GivenOptions, readOptions, TOKEN_VARIABLE } from './options.js';
import { Hopeless, reasonOf } from './problems.js';

/** What a shell gets from a process that a signal has ended: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Before the commands are declared, which inherit it. Commander would end with 1. */
const program = new Command('skillora-webhooks')
  .description('Commands for developers of webhook receivers.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

program
  .command('listen')
  .description(
    'Forwards a copy of what an endpoint gets to a server on your own machine. Each copy has the same body and is signed with a secret of this session. The endpoint itself gets its webhooks as always.',
  )
  .requiredOption('--forward <url>', 'your server, for example http://localhost:3000/hook')
  .option('--endpoint <id>', 'the endpoint; needed if the organisation has several')
  .option('--api <url>', 'where the API is', 'http://127.0.0.1:3000')
  .option('--token-file <file>', `a file with the API token, in place of ${TOKEN_VARIABLE}`)
  .addHelpText(
    'after',
    [
      '',
      `The API token is in the environment variable ${TOKEN_VARIABLE}, or in the file. It needs the scope deliveries:read.`,
      'The command prints what your server answered. Ctrl-C ends it at once, with exit code 130.',
      'Exit code 1: the API does not let this token listen. Exit code 2: an option is missing or wrong.',
    ].join('\n'),
  )
  .action(async (given: GivenOptions) => {
    const interrupted = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        interrupted.abort();
        process.exit(EXIT_CODES[signal]);
      });
    }
    await listen(readOptions(given, process.env), print, interrupted.signal);
  });

/** Nobody reads any more, for example behind `| head`. */
process.stdout.on('error', () => process.exit(0));

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`skillora-webhooks: ${error instanceof Hopeless ? error.message : reasonOf(error)}\n`);
  process.exit(error instanceof Hopeless ? error.exitCode : 1);
}
