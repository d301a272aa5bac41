export * from './catalogue.js';
export * from './cloud-event-schema.js';
export type * from './event-definition.js';
export type { Field, FieldRule, ObjectRule } from './field-rule.js';
export * from './field-schema.js';
export * from './json-schema.js';
