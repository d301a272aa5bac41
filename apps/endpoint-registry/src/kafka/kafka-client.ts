/** Injection token of the service's client of Kafka. */
export const KAFKA = Symbol('KAFKA');
