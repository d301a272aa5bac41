import type { Endpoint } from '../api/types.js';
import { AUTHENTICATION, MASKED } from './credentials.js';

/** The extra headers of an endpoint, with their values masked, and its authentication; nothing if it has neither. */
export function EndpointCredentials({ endpoint }: { readonly endpoint: Endpoint }) {
  const { header_names: names, authentication } = endpoint;
  if (names.length === 0 && authentication.type === 'none') return null;
  const { label, fields } = AUTHENTICATION[authentication.type];
  return (
    <dl className="endpoint-credentials">
      {names.length > 0 && (
        <div>
          <dt>Extra headers</dt>
          {names.map((name) => (
            <dd key={name}>
              <code>{name}</code> {MASKED}
            </dd>
          ))}
        </div>
      )}
      {authentication.type !== 'none' && (
        <div>
          <dt>Authentication</dt>
          <dd>{label}</dd>
          {fields.map(({ name, label: field, isSecret }) => {
            const value = isSecret ? MASKED : authentication[name];
            return value === undefined ? null : (
              <dd key={name}>
                {field}: {value}
              </dd>
            );
          })}
        </div>
      )}
    </dl>
  );
}
