import { Counter } from 'prom-client';

/** What became of the spans of this process so far. */
export class SpanCounts {
  sent = 0;
  /** The collector did not take them. */
  notSent = 0;
  /** The queue was full. */
  dropped = 0;
}

/** Tells Prometheus of them; where tracing is off they are zero. */
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
