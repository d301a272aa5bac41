import {
  createKafka,
  kafkaSecurity,
  kafkaSettings,
  RecordProducer,
  TRANSACTION_RETRY,
} from '@skillora/kafka';
import { createLogger, type Logger, readSettings, type Setting, withinTime } from '@skillora/operability';
import type { SecretBox } from '@skillora/signing';
import { Command, CommanderError } from 'commander';
import type { Kafka, RetryOptions } from 'kafkajs';
import { DataSource } from 'typeorm';

import { ChangeLog } from '../changes/change-log.js';
import { dataSourceOptions, migrate } from '../database/data-source.js';
import { EndpointsLooks, LookedAtInKafka } from '../outbox/endpoints-looks.js';
import { OnceOnlyWriter } from '../outbox/once-only-writer.js';
import { OutboxRelay } from '../outbox/relay.js';
import { isDatabaseAway } from '../projection/database-away.js';
import { databaseSettings, oneHopSetting, secretsKeySetting } from '../settings.js';
import type { Admin } from './admin.js';
import { COMMANDS, TOP_LEVEL_COMMANDS } from './commands.js';
import { installationEnvironment } from './installation.js';
import { describeError, ExitCode, Problem } from './problem.js';

/** How long a command waits for Kafka, ms. */
const KAFKA_LIMIT_MS = 5_000;
/** No command can use a longer input. */
const MAX_INPUT_CHARACTERS = 4_096;

const HELP = `
Without settings, the commands work on the installation that \`npm start\` runs here. DATA_DIR selects another
installation of this kind; DATABASE_URL and KAFKA_BROKERS select an installation of your own.
Results go to standard output, everything else to standard error.
Exit codes: 0 done; 1 failed, nothing changed; 2 the command line is wrong; 3 stored, but not yet in effect everywhere;
4 ended part of the way, the message says how far.`;

/** Runs one command line. @returns the exit code. */
export async function runAdmin(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const run = new AdminRun(env);
  try {
    await program(run).parseAsync(args, { from: 'user' });
    return run.exitCode;
  } catch (error) {
    // commander has already printed the problem.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    run.note(`error: ${describeError(error)}`);
    return error instanceof Problem ? error.exitCode : ExitCode.failed;
  } finally {
    await run.close();
  }
}

function program(admin: Admin): Command {
  const root = new Command('admin')
    .description(
      'Commands for operators: organisations, API tokens, encryption keys, the audit, replays, and restoring a lost database.',
    )
    .addHelpText('after', HELP)
    .exitOverride();
  for (const [name, { about, subcommands }] of Object.entries(COMMANDS)) {
    const group = root.command(name).description(about);
    for (const make of subcommands) group.addCommand(make(admin).copyInheritedSettings(group));
  }
  for (const make of TOP_LEVEL_COMMANDS) root.addCommand(make(admin).copyInheritedSettings(root));
  return root;
}

/** One run: opens the connections that its command asks for, and closes them. */
class AdminRun implements Admin {
  exitCode: number = ExitCode.done;
  private readonly env: () => NodeJS.ProcessEnv;
  private readonly logger = createLogger('admin', 'silent');
  private dataSource: DataSource | null = null;
  private relay: Promise<OutboxRelay> | null = null;

  constructor(given: NodeJS.ProcessEnv) {
    this.env = () => installationEnvironment(given);
  }

  async database(): Promise<DataSource> {
    if (this.dataSource) return this.dataSource;
    const { databaseUrl, databaseCa } = readSettings(databaseSettings, this.env());
    const dataSource = new DataSource({
      ...dataSourceOptions(databaseUrl, databaseCa),
      applicationName: 'admin',
    });
    try {
      this.dataSource = await migrate(await dataSource.initialize());
    } catch (error) {
      const { host } = new URL(databaseUrl);
      if (isDatabaseAway(error)) {
        throw new Problem(
          `PostgreSQL at ${host} cannot be reached: start the installation (npm start), or set DATA_DIR or DATABASE_URL to another one`,
        );
      }
      throw new Problem(`PostgreSQL at ${host} refuses: ${describeError(error)}`);
    }
    return this.dataSource;
  }

  secretBox(): SecretBox {
    return readSettings(secretsKeySetting, this.env()).secretsKey.box;
  }

  changeLog(): ChangeLog {
    const isSet = (this.env()['SECRETS_KEY'] ?? '') !== '';
    return new ChangeLog(isSet ? this.secretBox() : null);
  }

  async answeringKafka(): Promise<{ kafka: Kafka; logger: Logger }> {
    const kafka = this.kafka();
    const admin = kafka.admin();
    const answer = admin.connect().then(() => admin.listTopics());
    if ((await withinTime(answer, KAFKA_LIMIT_MS).catch(() => 'late')) === 'late') {
      const { brokers } = readSettings(kafkaSettings, this.env());
      throw new Problem(
        `Kafka at ${brokers.join(',')} does not answer: start the installation (npm start), or set DATA_DIR or KAFKA_BROKERS to another one`,
      );
    }
    await admin.disconnect();
    return { kafka, logger: this.logger };
  }

  retentionDays(): number {
    return readSettings(kafkaSettings, this.env()).retentionDays;
  }

  settings<S extends Record<string, Setting<unknown>>>(declared: S): ReturnType<typeof readSettings<S>> {
    return readSettings(declared, this.env());
  }

  kafka(retry?: RetryOptions): Kafka {
    const settings = this.settings(kafkaSettings);
    return createKafka({
      brokers: settings.brokers,
      clientId: 'admin',
      logger: this.logger,
      security: kafkaSecurity(settings),
      ...(retry ? { retry } : {}),
    });
  }

  async bringIntoForce(): Promise<boolean> {
    this.relay ??= this.connectRelay();
    const moved = this.relay.then((relay) => relay.flush());
    if ((await withinTime(moved, KAFKA_LIMIT_MS).catch(() => 'late')) !== 'late') {
      this.exitCode = ExitCode.done;
      return true;
    }
    const { brokers } = readSettings(kafkaSettings, this.env());
    this.note(
      `warning: this is stored, but Kafka at ${brokers.join(',')} does not answer, so event-ingest does not ` +
        'know of it yet; endpoint-registry passes it on once Kafka is back',
    );
    this.exitCode = ExitCode.pending;
    return false;
  }

  private async connectRelay(): Promise<OutboxRelay> {
    const kafka = this.kafka();
    const producer = new RecordProducer(kafka, { lingerMs: 0, logger: this.logger });
    const onceOnly = new OnceOnlyWriter(this.kafka(TRANSACTION_RETRY), this.logger);
    const looks = new EndpointsLooks(new LookedAtInKafka(kafka, this.logger));
    const settings = this.settings(oneHopSetting);
    const relay = new OutboxRelay(await this.database(), producer, onceOnly, looks, settings, this.logger);
    await producer.connect();
    return relay;
  }

  async input(): Promise<string> {
    let text = '';
    for await (const chunk of process.stdin) {
      text += String(chunk);
      if (text.length > MAX_INPUT_CHARACTERS) throw new Problem('standard input holds too much');
    }
    return text;
  }

  result(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  async close(): Promise<void> {
    await this.dataSource?.destroy().catch(() => undefined);
  }
}
