import { useEffect, useRef } from 'react';

import type { DeliveryRequest } from '../api/types.js';
import { CodeBlock } from '../parts/code-block.js';
import { Tabs } from '../parts/tabs.js';
import { prettyBody } from './pretty-body.js';
import { CUT, isSignatureShown, SIGNATURE_HEADER, verificationSnippets } from './snippets.js';

/**
 * `then`: the request of an attempt as it was sent. `then, hardly recorded`: the same, from before attempts
 * recorded their URL and their secrets. `now`: with the endpoint's current settings.
 */
export type RequestKind = 'then' | 'then, hardly recorded' | 'now';

/** What a reader has to know before they trust what is shown. */
function explanation({ attempt, headers }: DeliveryRequest, kind: RequestKind): string {
  if (kind === 'then, hardly recorded') {
    return 'The body and the time are those of the attempt. Where it went and what signed it was not recorded then.';
  }
  if (kind === 'now') {
    const settings = 'This is with the endpoint’s current settings.';
    return attempt === null
      ? settings
      : `${settings} Press “Request” beside an attempt to see what it sent then.`;
  }
  const isMasked = Object.values(headers).some((value) => value?.includes(CUT));
  return `This is what the attempt sent then.${isMasked ? ` Credentials are shortened to “${CUT}”.` : ''}`;
}

/** The request of a delivery, and programs that verify its signature. */
export function SentRequest({
  request,
  kind,
}: {
  readonly request: DeliveryRequest;
  readonly kind: RequestKind;
}) {
  const place = useRef<HTMLElement>(null);
  // Beside its attempt or far below it on a narrow screen: what was asked for is seen.
  useEffect(() => {
    if (kind !== 'now') place.current?.scrollIntoView({ block: 'nearest' });
  }, [kind, request.attempt]);
  const headers = Object.entries(request.headers);
  const isSignatureKnown = request.headers[SIGNATURE_HEADER] !== null;
  return (
    <>
      <section className="card" aria-labelledby="sent" ref={place}>
        <h2 id="sent">
          {request.attempt === null ? 'What will be sent' : `What was sent, attempt ${request.attempt}`}
        </h2>
        <p className="wire">
          <b>{request.method}</b>{' '}
          <span>
            {request.url ??
              (kind === 'then, hardly recorded'
                ? '(the URL was not recorded)'
                : '(only a token with the scope endpoints:read sees the endpoint’s URL)')}
          </span>
        </p>
        <p className="muted request-kind" role="status">
          {explanation(request, kind)}
        </p>
        <Tabs
          label="Parts of the request"
          tabs={[
            {
              id: 'pretty',
              name: 'Body',
              content: <CodeBlock text={prettyBody(request.body)} copyable={request.body} label="the body" />,
            },
            { id: 'raw', name: 'Raw', content: <CodeBlock text={request.body} label="the raw body" /> },
            {
              id: 'headers',
              name: 'Headers',
              content: (
                <CodeBlock
                  text={headers.map(([name, value]) => `${name}: ${value ?? 'no longer known'}`).join('\n')}
                  label="the headers"
                />
              ),
            },
          ]}
        />
      </section>
      <section className="card" aria-labelledby="verify">
        <h2 id="verify">Verify it yourself</h2>
        {isSignatureShown(request) ? (
          <>
            <p className="muted">
              Put the endpoint’s secret into <code>SECRET</code>. For a library of Standard Webhooks, put its{' '}
              <code>standard_webhooks_secret</code> into <code>STANDARD_WEBHOOKS_SECRET</code>. You saw both
              when the secret was created.{' '}
              {kind !== 'now'
                ? 'The signature shown here is the one that was sent.'
                : 'The endpoint’s current secret made the signature shown here.'}
            </p>
            <Tabs
              label="Languages"
              tabs={verificationSnippets(request).map(({ id, name, text }) => ({
                id,
                name,
                content: <CodeBlock text={text} label={`the ${name} program`} />,
              }))}
            />
          </>
        ) : (
          <p className="muted">
            {isSignatureKnown ? (
              <>
                Only a token with the scope <code>endpoints:write</code> sees whole signatures.
              </>
            ) : (
              'The signature that was sent is not known: its secret is no longer kept, or nothing was signed.'
            )}
          </p>
        )}
      </section>
    </>
  );
}
