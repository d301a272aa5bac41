/** What has been amended of a method, by the method as it is now. */
const amendments = new WeakMap<object, ReadonlySet<string>>();

/**
 * Replaces a method of all objects of a prototype, once for each purpose however often it is asked.
 * @param amend is given the method that was there, to be called with its object.
 * @param purpose tells this amendment from others of the same method.
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
