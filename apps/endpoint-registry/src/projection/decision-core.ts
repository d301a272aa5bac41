/* What the log makes of a delivery, without a database: the simulation folds its log with these very modules. */
export * from './evolve.js';
export * from './facts.js';
