import type { Logger, readSettings, Setting } from '@skillora/operability';
import type { SecretBox } from '@skillora/signing';
import type { Command } from 'commander';
import type { Kafka } from 'kafkajs';
import type { DataSource } from 'typeorm';

/** What a subcommand works with. */
export interface Admin {
  /** Connects, and brings the schema up to date. @throws {Problem} when the database cannot be reached. */
  database(): Promise<DataSource>;
  /** What endpoint secrets are sealed with. @throws {SettingsError} when `SECRETS_KEY` is not set. */
  secretBox(): SecretBox;
  /** Settings of the installation. @throws {SettingsError} naming those that are bad. */
  settings<S extends Record<string, Setting<unknown>>>(declared: S): ReturnType<typeof readSettings<S>>;
  /** A client of the installation's Kafka. */
  kafka(): Kafka;
  /** Kafka, which answers. @throws {Problem} when it does not. */
  answeringKafka(): Promise<{ readonly kafka: Kafka; readonly logger: Logger }>;
  /** `RETENTION_DAYS`. */
  retentionDays(): number;
  /**
   * Moves what was written to the outbox to Kafka, whether or not endpoint-registry runs. When Kafka does not take it
   * in time it says so, and the command ends with the exit code for that; the outbox is moved later.
   * @returns whether Kafka has it.
   */
  bringIntoForce(): Promise<boolean>;
  /** What stands on standard input, to its end. @throws {Problem} when that is more than a token or a name needs. */
  input(): Promise<string>;
  /** The result: what a script reads. One line, or several. */
  result(text: string): void;
  /** What an operator should know beside the result; never part of it. */
  note(text: string): void;
}

/** A subcommand, made for one run. */
export type Subcommand = (admin: Admin) => Command;
