export * from './api-token.js';
export * from './delivery.js';
export * from './delivery-result.js';
export * from './endpoint.js';
export * from './event.js';
export * from './ids.js';
export * from './record-schema.js';
export * from './topics.js';
