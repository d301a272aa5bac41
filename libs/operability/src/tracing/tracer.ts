import type { TraceContext } from '@skillora/contracts';

/** What role a span has towards what it is connected with (OpenTelemetry, Trace API, SpanKind). */
export type SpanRole = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Bounded texts and numbers; what is undefined is left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** How a span begins. */
export interface SpanStart {
  readonly role: SpanRole;
  /** What it is part of, as it came; without a sound one the span begins a trace. */
  readonly parent: TraceContext;
  /** What it has to do with beside its parent. */
  readonly links?: readonly TraceContext[];
  readonly attributes?: SpanAttributes;
  /** Ms since the epoch; now unless given. */
  readonly startedAt?: number;
}

/** How a span ends. */
export interface SpanEnd {
  readonly attributes?: SpanAttributes;
  /** What went wrong, one of few words; nothing did unless given. */
  readonly error?: string | undefined;
  /** Ms since the epoch; now unless given. */
  readonly endedAt?: number;
}

/** A piece of work that is being recorded. One that never ends is never sent. */
export interface Span {
  /** What records that come of the work carry, so that what is done with them is part of it. */
  readonly context: TraceContext;
  end(how?: SpanEnd): void;
}

/**
 * Records the spans of a service. Where tracing is off there is none, so that whoever has a seam writes
 * `tracer?.start(…)` and nothing of it is evaluated; contexts are carried on all the same.
 */
export interface Tracer {
  start(name: string, start: SpanStart): Span;
}

/** Injection token of the service's {@link Tracer}, null where tracing is off. */
export const TRACER = Symbol('TRACER');
