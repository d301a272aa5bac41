import { Counter } from 'prom-client';

/** The numbers of spans of this process by outcome. */
export class SpanCounts {
  sent = 0;
  /** The collector did not accept them. */
  notSent = 0;
  /** The queue was full. */
  dropped = 0;
}

/** Exposes the counts as Prometheus metrics; they are zero when tracing is off. */
export function reportSpans(counts: SpanCounts): void {
  new Counter({
    name: 'webhook_trace_spans_total',
    help: 'Ended spans of traces, by outcome (sent, not_sent or dropped)',
    labelNames: ['outcome'] as const,
    collect() {
      this.reset();
      this.inc({ outcome: 'sent' }, counts.sent);
      this.inc({ outcome: 'not_sent' }, counts.notSent);
      this.inc({ outcome: 'dropped' }, counts.dropped);
    },
  });
}
