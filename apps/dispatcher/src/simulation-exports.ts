/*
 * The engines of the three stages and their pure functions, without Kafka, HTTP or a system clock. The
 * simulation hosts these very engines.
 */
export * from './circuit/circuits.js';
export * from './attempt/decide.js';
export * from './deliver/deliver-engine.js';
export * from './deliver/deliver-ports.js';
export * from './queues/endpoint-queues.js';
export * from './queues/backlog.js';
export * from './queues/queue-surroundings.js';
export * from './lanes/lane-choice.js';
export * from './endpoints/find-endpoint.js';
export * from './endpoints/subscriptions.js';
export * from './fan-out/fan-out-engine.js';
export * from './fan-out/fan-out-event.js';
export * from './fan-out/fan-out-part.js';
export * from './fan-out/fan-out-transaction.js';
export * from './fan-out/made-of-event.js';
export * from './fan-out/dedupe-window.js';
export type { FanOutRecord } from './fan-out/ledger-record.js';
export * from './clock.js';
export * from './retry/held-retries.js';
export * from './retry/retry-engine.js';
export * from './retry/retry-turn.js';
export * from './retry/schedule.js';
export * from './circuit/connect-failure.js';
export * from './lanes/slow-lane.js';
export type { LaneRoom } from './lanes/lane-room.js';
export * from './lanes/window-shares.js';
export { longestProbeMs } from './circuit/circuit-breaker.js';
export type { QueuedWork } from './queues/endpoint-queue.js';
export type { AttemptEffect } from './queues/concurrency-limit.js';
export type { ConnectFailure } from './circuit/circuit-breaker.js';
export * from './open-events/coexistence.js';
export * from './open-events/holdings.js';
export * from './open-events/last-heartbeat.js';
export { isUnitRecord, type LedgerRecord } from './open-events/ledger-record.js';
export * from './open-events/open-event.js';
export * from './open-events/takeover.js';
export * from './open-events/unit-engine.js';
export * from './open-events/unit-ports.js';
export * from './open-events/unit-record.js';
export * from './open-events/unit-record-codec.js';
export * from './open-events/unit-transaction.js';
