import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readSettings, setting, text } from '@skillora/operability';
import { generateToken } from '@skillora/signing';

import { CannotStart } from './cannot-start.js';

/**
 * The values that a local installation generates once and keeps: its key, its first organisation, and that
 * organisation's token.
 */
export interface GeneratedIdentity {
  /** 32 bytes in base64; endpoint secrets are encrypted with it. */
  readonly secretsKey: string;
  /** A UUID. */
  readonly organizationId: string;
  /** With all scopes. */
  readonly apiToken: string;
}

interface Kept {
  SECRETS_KEY: string;
  BOOTSTRAP_ORGANIZATION_ID: string;
  BOOTSTRAP_API_TOKEN: string;
  /** The endpoint an earlier demo registered. */
  demoEndpointId?: string;
}

/** `local-stack.json` in a data folder, which only its owner can read. */
export class LocalStackFile {
  private readonly file: string;
  private kept: Kept;

  /** @throws {CannotStart} when the file exists but is invalid. */
  constructor(dataDir: string) {
    this.file = join(dataDir, 'local-stack.json');
    if (existsSync(this.file)) {
      this.kept = read(this.file);
      return;
    }
    this.kept = {
      SECRETS_KEY: randomBytes(32).toString('base64'),
      BOOTSTRAP_ORGANIZATION_ID: randomUUID(),
      BOOTSTRAP_API_TOKEN: generateToken(),
    };
    this.save();
  }

  /**
   * The identity to use: the generated values, unless the environment has others.
   * @throws {SettingsError} for variables that are set and empty.
   */
  identity(env: NodeJS.ProcessEnv = process.env): GeneratedIdentity {
    const given = (variable: keyof Kept & Uppercase<string>): string => {
      // The services check whether it is valid.
      const declared = setting(variable, text, this.kept[variable]);
      return readSettings({ declared }, env).declared;
    };
    return {
      secretsKey: given('SECRETS_KEY'),
      organizationId: given('BOOTSTRAP_ORGANIZATION_ID'),
      apiToken: given('BOOTSTRAP_API_TOKEN'),
    };
  }

  /** The endpoint of the last demo, which the next demo removes. */
  get demoEndpointId(): string | undefined {
    return this.kept.demoEndpointId;
  }

  rememberDemoEndpoint(id: string | undefined): void {
    const { demoEndpointId: _former, ...rest } = this.kept;
    this.kept = id === undefined ? rest : { ...rest, demoEndpointId: id };
    this.save();
  }

  private save(): void {
    const partial = `${this.file}.partial`;
    writeFileSync(partial, `${JSON.stringify(this.kept, null, 2)}\n`, { mode: 0o600 });
    renameSync(partial, this.file);
  }
}

function read(file: string): Kept {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    value = null;
  }
  const kept = value as Partial<Kept> | null;
  const required = ['SECRETS_KEY', 'BOOTSTRAP_ORGANIZATION_ID', 'BOOTSTRAP_API_TOKEN'] as const;
  if (typeof kept !== 'object' || required.some((key) => typeof kept?.[key] !== 'string')) {
    throw new CannotStart(
      `${file} is not a file that an earlier start wrote: restore it, or remove the whole folder to start with a new one`,
    );
  }
  return kept as Kept;
}
