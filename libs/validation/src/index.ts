export * from './calendar.js';
export * from './faults.js';
export * from './field-problems.js';
export * from './json-schema.js';
export { endOfString } from './json-text.js';
export * from './strict-json.js';
export * from './text-problem.js';
