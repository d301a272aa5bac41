import { Injectable } from '@nestjs/common';
import { register } from 'prom-client';

import { Readiness } from './readiness.js';
import { ShortMemory } from './short-memory.js';

/** The service's answers about its health, on any port. */
@Injectable()
export class HealthAnswers {
  private readonly exposition = new ShortMemory(() => register.metrics());

  constructor(private readonly readiness: Readiness) {}

  /** The process is up and its event loop runs. */
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 when every part can work, else 503 with the parts that cannot and what they wait for. */
  async ready(): Promise<{ readonly status: 200 | 503; readonly body: object }> {
    const problems = await this.readiness.problems();
    const isReady = Object.keys(problems).length === 0;
    return {
      status: isReady ? 200 : 503,
      body: { status: isReady ? 'ok' : 'unavailable', problems },
    };
  }

  /**
   * Every metric of the process in Prometheus text format, at most about a second old, because some metrics
   * cost a query.
   */
  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: register.contentType, text: await this.exposition.get() };
  }
}
