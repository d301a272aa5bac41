export * from './event-publisher.js';
export * from './interview-event.js';
export * from './receivers.js';
