export * from './body-schema.js';
export * from './document.js';
export * from './json-schema.js';
export * from './openapi.controller.js';
export * from './operation.js';
export * from './usual-answers.js';
