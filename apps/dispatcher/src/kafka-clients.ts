/** Injection token of the service's Kafka client. */
export const KAFKA = Symbol('KAFKA');
/** Injection token of the Kafka client whose retries suit transactions. */
export const TRANSACTIONAL_KAFKA = Symbol('TRANSACTIONAL_KAFKA');
