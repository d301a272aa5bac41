import { Injectable } from '@nestjs/common';

import type { Logger } from './logger.js';
import { ShortMemory } from './short-memory.js';

/** Answers null when the part can work, else one sentence that says what it waits for. */
export type ReadinessCheck = () => string | null | Promise<string | null>;

/** The sentence for a part whose check throws. The error itself may contain hosts, users or statements. */
const CHECK_FAILED = 'cannot be asked; the log of this instance says why';

/**
 * What the parts of a service report about themselves; `GET /health/ready` answers from here. Anybody may
 * ask, so answers hold only our own sentences, and checks run at most about once a second, whatever the
 * number of requests.
 */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();
  private readonly instantChecks = new Map<string, () => string | null>();
  /** Parts whose check throws and was logged. */
  private readonly failing = new Set<string>();
  private readonly remembered = new ShortMemory(() => this.runChecks());

  /** @param logger logs a check that throws, once until it answers again. */
  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  /**
   * Adds a part. The service is not ready until its check answers null. A check that throws counts as not
   * ready.
   */
  register(part: string, check: ReadinessCheck): void {
    this.checks.set(part, check);
  }

  /** Adds a part whose check costs nothing; its answer is never cached. */
  registerInstant(part: string, check: () => string | null): void {
    this.instantChecks.set(part, check);
  }

  /** The problems by part; empty when the service is ready. At most about a second old. */
  async problems(): Promise<Record<string, string>> {
    const problems = { ...(await this.remembered.get()) };
    for (const [part, check] of this.instantChecks) {
      const problem = check();
      if (problem !== null) problems[part] = problem;
    }
    return problems;
  }

  private async runChecks(): Promise<Record<string, string>> {
    const answers = await Promise.all(
      [...this.checks].map(async ([part, check]) => [part, await this.ask(part, check)] as const),
    );
    return Object.fromEntries(answers.filter((each): each is [string, string] => each[1] !== null));
  }

  private async ask(part: string, check: ReadinessCheck): Promise<string | null> {
    try {
      const problem = await check();
      this.failing.delete(part);
      return problem;
    } catch (error) {
      if (!this.failing.has(part)) {
        this.failing.add(part);
        this.logger.warn(
          { err: error, part },
          'this instance is not ready, because the check of one part failed. Fix what the error names; the service then continues by itself',
        );
      }
      return CHECK_FAILED;
    }
  }
}
