export * from './endpoint-registration.js';
export * from './event-publisher.js';
export * from './event-sink.js';
export * from './http-publisher.js';
export * from './interview-event.js';
export * from './pace.js';
export * from './paced-events.js';
export * from './receivers.js';
