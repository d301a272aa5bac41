/** The exit codes of the process. */
export const ExitCode = {
  done: 0,
  /** Nothing was changed. */
  failed: 1,
  /** The command line is wrong; nothing was changed. */
  usage: 2,
  /** The change is stored, but not yet in effect on every service. */
  pending: 3,
} as const;

/** Why a command cannot do its work, in one line for the operator. */
export class Problem extends Error {
  override readonly name = 'Problem';
}
