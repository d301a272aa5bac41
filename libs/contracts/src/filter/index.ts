export * from './check-filter.js';
export * from './compile-filter.js';
export { type EventFilter, type FilterRule, MAX_FILTER_BYTES, MAX_FILTER_LEVELS } from './event-filter.js';
export { FilteredBody, MAX_VALUES_AT_PATH } from './filtered-body.js';
export * from './read-filter.js';
