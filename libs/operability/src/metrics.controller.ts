import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { HealthAnswers } from './health-answers.js';

/** The metrics route of a service whose only port is for management. */
@Controller()
export class MetricsController {
  constructor(private readonly answers: HealthAnswers) {}

  @Get('metrics')
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    const { contentType, text } = await this.answers.metrics();
    await reply.header('content-type', contentType).send(text);
  }
}
