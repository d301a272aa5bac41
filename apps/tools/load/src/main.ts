import { CommanderError } from 'commander';

import { LiveDisplay } from './live-display.js';
import { runLoad } from './load-run.js';
import { progressLines } from './progress.js';
import { type LoadSettings, readLoadSettings } from './settings.js';
import { missing } from './tally.js';

/* npm run load: steady load on an installation, from intake to its own receivers. See --help. */
const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** The cause of an error: fetch has it as an inner error. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

async function main(): Promise<number> {
  let settings: LoadSettings;
  try {
    settings = readLoadSettings(process.argv.slice(2), process.env);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    note(`error: ${reason(error)}`);
    return 2;
  }
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort());
  const ofSeconds = settings.durationMs / 1_000;
  const display = new LiveDisplay(process.stdout);
  note(
    `${settings.rate} events/s for ${ofSeconds} s through ${settings.kafka ? settings.kafka.brokers.join(',') : settings.ingest}` +
      ` to ${settings.endpoints} endpoints at ${settings.api}; Ctrl-C ends it and removes them`,
  );
  try {
    const figures = await runLoad(
      settings,
      {
        onProgress: (now, phase, seconds) => {
          if (!settings.json) display.show(progressLines(now, phase, seconds, ofSeconds));
        },
        onNote: note,
      },
      end.signal,
    );
    if (settings.json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
    else if (!process.stdout.isTTY) {
      process.stdout.write(`${progressLines(figures, 'done', ofSeconds, ofSeconds).join('\n')}\n`);
    }
    const left = missing(figures);
    if (left > 0) note(`${left} deliveries to healthy endpoints have not arrived`);
    return left > 0 ? 1 : 0;
  } catch (error) {
    note(`error: ${reason(error)}`);
    return 1;
  }
}

process.exitCode = await main();
