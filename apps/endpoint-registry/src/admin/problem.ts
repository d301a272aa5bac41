import { SettingsError } from '@skillora/operability';

/** The exit codes of the process. */
export const ExitCode = {
  done: 0,
  /** Nothing was changed. */
  failed: 1,
  /** The command line is wrong; nothing was changed. */
  usage: 2,
  /** The change is stored, but not yet in effect on every service. */
  pending: 3,
  /** The command ended before it had done everything; its message says how far it got. */
  partly: 4,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Why a command cannot do its work, in one line for the operator. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    message: string,
    readonly exitCode: ExitCode = ExitCode.failed,
  ) {
    super(message);
  }
}

/** An error in one line for the operator. */
export function describeError(error: unknown): string {
  if (error instanceof Problem || error instanceof SettingsError) return error.message;
  if (!(error instanceof Error)) return String(error);
  // A refused connection to a name with several addresses holds the reasons as inner errors.
  const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined;
  return (inner ?? error).message.split('\n', 1)[0] ?? error.name;
}
