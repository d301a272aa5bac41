export * from './answers.js';
export * from './audit.js';
export * from './delivery-results.js';
export * from './extra-dispatcher.js';
export * from './extra-service.js';
export * from './running-stack.js';
export * from './trace-collector.js';
