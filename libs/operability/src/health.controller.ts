import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { HealthAnswers } from './health-answers.js';

/** The health routes for orchestrators and load balancers, on the port that clients use too. */
@Controller()
export class HealthController {
  constructor(private readonly answers: HealthAnswers) {}

  @Get('health/live')
  live(): { status: 'ok' } {
    return this.answers.live();
  }

  @Get('health/ready')
  @HttpCode(200)
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const { status, body } = await this.answers.ready();
    await reply.status(status).send(body);
  }
}
