import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { register } from 'prom-client';

import { Readiness } from './readiness.js';

/** What orchestrators and Prometheus ask. */
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process is up and its event loop turns. */
  @Get('health/live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 when every part can do its work, else 503 naming the parts that cannot and what they wait for. */
  @Get('health/ready')
  @HttpCode(200)
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const problems = await this.readiness.problems();
    const ready = Object.keys(problems).length === 0;
    await reply.status(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable', problems });
  }

  /** Prometheus text exposition of every metric of the process. */
  @Get('metrics')
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', register.contentType).send(await register.metrics());
  }
}
