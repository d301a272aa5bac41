/*
 * What decides about events and deliveries, without Kafka, HTTP or a clock: the simulation drives these very modules.
 */
export * from './deliver/decide.js';
export * from './deliver/endpoint-queues.js';
export * from './endpoints/subscriptions.js';
export * from './fan-out/fan-out-event.js';
export * from './fan-out/ledger.js';
export * from './retry/retry-turn.js';
export * from './retry/schedule.js';
export { effectOf } from './deliver/connect-failure.js';
export type { QueuedWork } from './deliver/endpoint-queues.js';
export type { AttemptEffect } from './deliver/pace.js';
