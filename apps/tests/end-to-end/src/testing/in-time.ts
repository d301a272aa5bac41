/** A state that a test wanted to use was over when the test came to it. */
export class TooLate extends Error {
  override readonly name = 'TooLate';
}

const TRIES = 4;

/**
 * Tests a state that lasts for a time only. A slow machine may be too late for it; then it begins again, and lasts four
 * times as long.
 * @param seconds how long the state lasts at first.
 * @param work throws {@link TooLate} when it was too late.
 */
export async function inTime<T>(seconds: number, work: (seconds: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work(seconds * 4 ** (tries - 1));
    } catch (error) {
      if (!(error instanceof TooLate) || tries === TRIES) throw error;
    }
  }
}
