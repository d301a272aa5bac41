/*
 * The modules that compute a delivery's state and an endpoint's health from the log, without a database. The simulation
 * runs these very modules.
 */
export * from '../health/decide-health.js';
export * from '../health/endpoint-health.js';
export type { HealthFact } from '../health/health-of-attempt.js';
export type { HealthRules } from '../health/health-rules.js';
export * from './evolve.js';
export * from './facts.js';
