import type { TraceContext } from '@skillora/contracts';

/** The role of a span (OpenTelemetry, Trace API, SpanKind). */
export type SpanRole = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Texts and numbers of limited size; undefined ones are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** The start of a span. */
export interface SpanStart {
  readonly role: SpanRole;
  /** The parent context as it was received; without a valid one the span begins a new trace. */
  readonly parent: TraceContext;
  /** Related contexts beside the parent. */
  readonly links?: readonly TraceContext[];
  readonly attributes?: SpanAttributes;
  /** Ms since the epoch; default: now. */
  readonly startedAt?: number;
}

/** The end of a span. */
export interface SpanEnd {
  readonly attributes?: SpanAttributes;
  /** The kind of error, one of a few words; absent for success. */
  readonly error?: string | undefined;
  /** Ms since the epoch; default: now. */
  readonly endedAt?: number;
}

/** A piece of work that is being recorded. A span that never ends is never sent. */
export interface Span {
  /** The context for records that follow from the work, so that later work belongs to the same trace. */
  readonly context: TraceContext;
  end(how?: SpanEnd): void;
}

/** Records the spans of a service. */
export interface Tracer {
  /** False when tracing is off, for callers that would otherwise do work that only spans need. */
  readonly isRecording: boolean;
  start(name: string, start: SpanStart): Span;
}

/** Tracing that is off: it records nothing, and passes the context of each parent on. */
export const NO_TRACER: Tracer = {
  isRecording: false,
  start: (_name, { parent }) => ({ context: parent, end: () => undefined }),
};

/** Injection token of the service's {@link Tracer}. */
export const TRACER = Symbol('TRACER');
