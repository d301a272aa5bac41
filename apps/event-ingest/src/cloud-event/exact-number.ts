/**
 * Whether JavaScript passes a JSON number on as the same decimal number. `1.0` may become `1`; `9007199254740993`,
 * which would become `…992`, and `1e400` may not, nor what JavaScript holds but writes with other digits.
 */
export function isExactNumber(source: string): boolean {
  const number = Number(source);
  if (!Number.isFinite(number)) return false;
  const [given, kept] = [decimal(source), decimal(String(number))];
  return given.digits === kept.digits && (given.digits === '' || given.exponent === kept.exponent);
}

/** The significant digits, and the power of ten of the last of them. The sign is never lost and is left out. */
function decimal(text: string): { digits: string; exponent: number } {
  const [, units = '', fraction = '', power = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const significant = (units + fraction).replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  return { digits, exponent: Number(power) - fraction.length + (significant.length - digits.length) };
}
