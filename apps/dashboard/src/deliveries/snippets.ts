import type { DeliveryRequest } from '../api/types.js';

export interface Snippet {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** Replaces a URL that the visitor's token may not see. */
const HIDDEN_URL = 'https://your-domain.com/webhooks';
/** The API ends a shortened signature with this. */
export const CUT = '…';

export const SIGNATURE_HEADER = 'X-Webhook-Signature-256';

/** Whether the signature is known and complete, so that a program can check it. */
export function isSignatureShown({ headers }: DeliveryRequest): boolean {
  const signature = headers[SIGNATURE_HEADER] ?? null;
  return signature !== null && !signature.endsWith(CUT);
}

/**
 * Programs that verify the signature of a delivery. Only the owner has the secret, so the programs read it
 * from `SECRET`, and for a library of Standard Webhooks from `STANDARD_WEBHOOKS_SECRET`, in the form for such
 * libraries.
 */
export function verificationSnippets(request: DeliveryRequest): Snippet[] {
  return [
    { id: 'curl', name: 'curl', text: curl(request) },
    { id: 'node', name: 'Node', text: node(request) },
    { id: 'python', name: 'Python', text: python(request) },
    { id: 'library', name: 'Standard Webhooks', text: library(request) },
  ];
}

/** Prints whether the secret makes the signature, and sends the same request once more. */
function curl({ method, url, headers, body }: DeliveryRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `  -H ${shellQuoted(`${name}: ${value}`)} \\`);
  return `# SECRET=… sh verify.sh
body=${shellQuoted(body)}
received=${shellQuoted(headers[SIGNATURE_HEADER] ?? '')}

expected="sha256=$(printf '%s' "$body" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/.* //')"
if [ "$expected" = "$received" ]; then echo genuine; else echo 'not signed with this secret'; fi

# The same request once more; put in another address to see it arrive elsewhere.
curl -i -X ${method} ${shellQuoted(url ?? HIDDEN_URL)} \\
${lines.join('\n')}
  --data-raw "$body"
`;
}

/** JSON inside a string literal is written in the same way in JavaScript and Python. */
function node({ headers, body }: DeliveryRequest): string {
  return `// SECRET=… node verify.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';

const body = ${JSON.stringify(body)};
const received = ${JSON.stringify(headers[SIGNATURE_HEADER] ?? '')};

const expected = 'sha256=' + createHmac('sha256', process.env.SECRET).update(body).digest('hex');
const genuine =
  expected.length === received.length && timingSafeEqual(Buffer.from(expected), Buffer.from(received));
console.log(genuine ? 'genuine' : 'not signed with this secret');
`;
}

function python({ headers, body }: DeliveryRequest): string {
  return `# SECRET=… python3 verify.py
import hashlib
import hmac
import os

body = ${JSON.stringify(body)}
received = ${JSON.stringify(headers[SIGNATURE_HEADER] ?? '')}

expected = "sha256=" + hmac.new(os.environ["SECRET"].encode(), body.encode(), hashlib.sha256).hexdigest()
print("genuine" if hmac.compare_digest(expected, received) else "not signed with this secret")
`;
}

/** Signs again and compares, because the library refuses to verify a request that is older than 5 minutes. */
function library({ headers, body }: DeliveryRequest): string {
  const header = (name: string): string => JSON.stringify(headers[name] ?? '');
  return `// npm install standardwebhooks; STANDARD_WEBHOOKS_SECRET=… node verify.mjs
import { Webhook } from 'standardwebhooks';

const body = ${JSON.stringify(body)};
const id = ${header('webhook-id')};
const timestamp = ${header('webhook-timestamp')};
const received = ${header('webhook-signature')};

// Your server verifies what has just come: webhook.verify(body, headers).
const webhook = new Webhook(process.env.STANDARD_WEBHOOKS_SECRET);
const expected = webhook.sign(id, new Date(timestamp * 1000), body);
console.log(received.split(' ').includes(expected) ? 'genuine' : 'not signed with this secret');
`;
}

/** Quotes any text as one word for a POSIX shell. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
