export { Closing } from './closing.js';
export * from './connection-settings.js';
export * from './duration.js';
export * from './logger.js';
export * from './operability.module.js';
export * from './readiness.js';
export * from './service.js';
export * from './settings.js';
export * from './tracing/index.js';
