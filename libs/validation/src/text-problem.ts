/**
 * Why a text is refused: PostgreSQL cannot hold NUL, UTF-8 cannot hold lone surrogates. Null when it is
 * accepted.
 */
export function textProblem(text: string): string | null {
  if (text.includes('\u0000')) return 'Null characters are not allowed.';
  if (!text.isWellFormed()) return 'Lone surrogates are not allowed.';
  return null;
}
