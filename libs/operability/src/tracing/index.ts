export * from './attributes.js';
export * from './tracer.js';
export * from './tracing.js';
export * from './tracing-settings.js';
