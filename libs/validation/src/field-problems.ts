/** The path of a problem that is about the whole and not about one field. */
export const WHOLE = '';

/** The problems of a body, a query or an event: sentences by the path of their field, or by {@link WHOLE}. */
export type FieldProblems = Record<string, string[]>;

/** The same problems, with those of the whole under a name that their readers know. */
export function namingWhole({ [WHOLE]: ofWhole, ...ofFields }: FieldProblems, name: string): FieldProblems {
  return ofWhole === undefined ? ofFields : { ...ofFields, [name]: [...(ofFields[name] ?? []), ...ofWhole] };
}
