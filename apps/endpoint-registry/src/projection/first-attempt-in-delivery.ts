/** Injection token of FIRST_ATTEMPT_IN_DELIVERY, for the classes of the projection. */
export const FIRST_ATTEMPT_IN_DELIVERY = Symbol('FIRST_ATTEMPT_IN_DELIVERY');
