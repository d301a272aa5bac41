import type { Logger, readSettings, Setting } from '@skillora/operability';
import type { SecretBox } from '@skillora/signing';
import type { Command } from 'commander';
import type { Kafka } from 'kafkajs';
import type { DataSource } from 'typeorm';

import type { ChangeLog } from '../changes/change-log.js';

/** The tools of a subcommand. */
export interface Admin {
  /**
   * Connects to the database and brings its schema up to date.
   * @throws {Problem} when the database cannot be reached.
   */
  database(): Promise<DataSource>;
  /** Encrypts and decrypts endpoint secrets. @throws {SettingsError} when `SECRETS_KEY` is not set. */
  secretBox(): SecretBox;
  /** Writes the log of changes. Without `SECRETS_KEY` entries have no fingerprints of endpoint secrets. */
  changeLog(): ChangeLog;
  /** Settings of the installation. @throws {SettingsError} naming the bad ones. */
  settings<S extends Record<string, Setting<unknown>>>(declared: S): ReturnType<typeof readSettings<S>>;
  /** A client of the installation's Kafka. */
  kafka(): Kafka;
  /** A client of a Kafka that answers. @throws {Problem} when it does not answer. */
  answeringKafka(): Promise<{ readonly kafka: Kafka; readonly logger: Logger }>;
  /** `RETENTION_DAYS`. */
  retentionDays(): number;
  /**
   * Moves the outbox to Kafka, whether or not endpoint-registry runs. If Kafka does not accept it in time, a
   * warning says so, and the command ends with a special exit code; the outbox is moved later.
   * @returns whether Kafka has it.
   */
  bringIntoForce(): Promise<boolean>;
  /** The whole standard input. @throws {Problem} when it is longer than any token or name. */
  input(): Promise<string>;
  /** Prints the result, which scripts read: one line or several. */
  result(text: string): void;
  /** Prints a note for the operator beside the result. */
  note(text: string): void;
}

/** Creates a subcommand for one run. */
export type Subcommand = (admin: Admin) => Command;
