/** Why the projection cannot be rebuilt now, in one line for the operator; nothing was changed. */
export class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused';
}
