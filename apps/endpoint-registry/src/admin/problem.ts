/** How the process ends. */
export const ExitCode = {
  done: 0,
  /** Nothing was changed. */
  failed: 1,
  /** The command line is wrong; nothing was changed. */
  usage: 2,
  /** What was asked for is stored, but not yet in force on every service. */
  pending: 3,
} as const;

/** Why a command cannot do what was asked, in one line for the operator. */
export class Problem extends Error {
  override readonly name = 'Problem';
}
