/** Resolves with the answer, or with `late` when it does not come within `ms`. Rejects as `answer` does. */
export async function withinTime<T>(answer: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      answer,
      new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
