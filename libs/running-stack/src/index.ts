export * from './running-stack.js';
