/*
 * The associated data of everything that is sealed for an endpoint. Each kind of secret has its own, so that a sealed
 * text which is copied to another field does not open there. The signing secrets have the endpoint's id alone.
 */

/** The context of the value of a header. */
export function headerContext(endpointId: string, name: string): string {
  return `${endpointId}:header:${name.toLowerCase()}`;
}

/** The names of the sealed secrets of authentication. */
export type CredentialField = 'sealedToken' | 'sealedPassword' | 'sealedClientSecret';

/** The context of a secret of authentication. */
export function credentialContext(endpointId: string, field: CredentialField): string {
  return `${endpointId}:authentication:${field}`;
}

/**
 * The context of a sealed text in the record of an endpoint.
 * @param field the name of the field that holds it. @param siblings the object that has this field.
 */
export function sealContextOf(
  endpointId: string,
  field: string,
  siblings: Readonly<Record<string, unknown>>,
): string {
  switch (field) {
    case 'sealedValue':
      return headerContext(endpointId, String(siblings['name']));
    case 'sealedToken':
    case 'sealedPassword':
    case 'sealedClientSecret':
      return credentialContext(endpointId, field);
    default:
      return endpointId;
  }
}
