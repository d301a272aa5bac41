/**
 * Whether JavaScript passes a JSON number on with the same decimal value. `1.0` may become `1`, `1e2` may
 * become `100`, and `-0` becomes `0`, as ECMAScript and RFC 8785 (§3.2.2.3) write them. Refused are
 * `9007199254740993`, which would become `…992`, `1e400`, and numbers that JavaScript holds but writes with
 * other digits. The time is proportional to the length of the text.
 */
export function isExactNumber(source: string): boolean {
  const number = Number(source);
  if (!Number.isFinite(number)) return false;
  const [given, kept] = [decimal(source), decimal(String(number))];
  return given.digits === kept.digits && (given.digits === '' || given.exponent === kept.exponent);
}

const ZERO = 0x30;

/** The significant digits, and the power of ten of the last digit. The sign is only lost for zero. */
function decimal(text: string): { digits: string; exponent: number } {
  const [, units = '', fraction = '', power = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = units + fraction;
  let [start, end] = [0, all.length];
  while (start < end && all.charCodeAt(start) === ZERO) start += 1;
  // A pattern like /0+$/ would try every run of zeros to its end, so its time would grow with the square of
  // the length.
  while (end > start && all.charCodeAt(end - 1) === ZERO) end -= 1;
  return { digits: all.slice(start, end), exponent: Number(power) - fraction.length + (all.length - end) };
}
