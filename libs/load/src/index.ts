export * from './event-publisher.js';
export * from './interview-event.js';
export * from './paced-events.js';
export * from './receivers.js';
