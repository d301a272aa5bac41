import { Injectable } from '@nestjs/common';
import { RecordProducer } from '@skillora/kafka';
import { Counter, Gauge } from 'prom-client';

import type { Reason } from './unacceptable.js';

/** The ways an event comes in. */
export type Door = 'kafka' | 'http';

/** The Prometheus metrics of the intake. */
@Injectable()
export class IntakeMetrics {
  private readonly acceptedEvents = new Counter({
    name: 'webhook_intake_accepted_total',
    help: 'Accepted events, by door (kafka or http) and event type',
    labelNames: ['door', 'event_type'] as const,
  });
  private readonly refusedEvents = new Counter({
    name: 'webhook_intake_refused_total',
    help: 'Refused events, by door (kafka or http) and reason',
    labelNames: ['door', 'reason'] as const,
  });
  private readonly pushedBack = new Counter({
    name: 'webhook_intake_pushed_back_total',
    help: 'Requests answered with 503, by cause',
    labelNames: ['cause'] as const,
  });

  constructor(producer: RecordProducer) {
    new Gauge({
      name: 'webhook_intake_pending_bytes',
      help: 'Events in memory that wait for Kafka',
      collect() {
        this.set(producer.pendingBytes);
      },
    });
  }

  accepted(door: Door, eventType: string): void {
    this.acceptedEvents.inc({ door, event_type: eventType });
  }

  refused(door: Door, reason: Reason): void {
    this.refusedEvents.inc({ door, reason });
  }

  pushBack(cause: 'kafka_late' | 'kafka_refused' | 'memory'): void {
    this.pushedBack.inc({ cause });
  }
}
