/*
 * The modules that compute a delivery's state from the log, without a database. The simulation runs these
 * very modules.
 */
export * from './evolve.js';
export * from './facts.js';
