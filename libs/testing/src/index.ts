export * from './each-once.js';
export * from './eventually.js';
export * from './receiver-certificate.js';
export * from './wait-for.js';
export * from './while-it-moves.js';
