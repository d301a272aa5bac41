import { Injectable } from '@nestjs/common';

/** Answers null when the part can do its work, else one sentence that says what it waits for. */
export type ReadinessCheck = () => string | null | Promise<string | null>;

/** What the parts of a service report about themselves; `GET /health/ready` answers from here. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  /** Adds a part. Until its check answers null the service is not ready. */
  register(part: string, check: ReadinessCheck): void {
    this.checks.set(part, check);
  }

  /** What stands in the way, by part; empty when the service is ready. A check that throws counts as not ready. */
  async problems(): Promise<Record<string, string>> {
    const problems: Record<string, string> = {};
    await Promise.all(
      [...this.checks].map(async ([part, check]) => {
        try {
          const problem = await check();
          if (problem !== null) problems[part] = problem;
        } catch (error) {
          problems[part] = error instanceof Error ? error.message : String(error);
        }
      }),
    );
    return problems;
  }
}
