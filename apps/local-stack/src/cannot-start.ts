/** Why the stack cannot start or go on, in words that say what to do; printed as it is, without a stack. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}
