/** The amendments of each method, by the method in its present state. */
const amendments = new WeakMap<object, ReadonlySet<string>>();

/**
 * Replaces a method on a prototype, once for each purpose even if it is called several times.
 * @param amend gets the original method, to be called with its object.
 * @param purpose distinguishes this amendment from others of the same method.
 */
export function amendOnce<T, M extends keyof T>(
  prototype: T,
  method: M,
  amend: (former: T[M] & object) => T[M] & object,
  purpose = '',
): void {
  const former = prototype[method] as T[M] & object;
  const known = amendments.get(former) ?? new Set<string>();
  if (known.has(purpose)) return;
  const replacement = amend(former);
  amendments.set(replacement, new Set([...known, purpose]));
  prototype[method] = replacement;
}
