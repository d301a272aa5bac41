/** Injection token of RETENTION_DAYS, for the classes of the projection, which need no other setting. */
export const RETENTION_DAYS = Symbol('RETENTION_DAYS');
