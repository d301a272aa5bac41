/** Why the stack cannot start or continue, with what to do; printed without a stack trace. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}
