import type { Operator, StackAddress } from '@skillora/running-stack';

/** What an attacker has: an ordinary token of an organisation of their own, and servers that never answer. */
export interface Attacker {
  readonly address: StackAddress;
  readonly organizationId: string;
  readonly token: string;
  /** URLs of servers of theirs. */
  readonly servers: readonly string[];
  /** Who runs the system; not on the attacker's side. */
  readonly operator: Operator;
}

/** One way to make the system work too much. */
export interface Attack {
  readonly name: string;
  /** Prepares what the attack needs and the neighbours do not notice. */
  prepare?(attacker: Attacker): Promise<void>;
  /** One step of the attack, which is repeated until the measurement is over. @returns what was answered. */
  step(attacker: Attacker): Promise<readonly string[]>;
}

/** Asks as the attacker. @returns the status and how large the answer was, or why there was none. */
export async function ask(
  { token }: Attacker,
  url: string,
  request: { readonly method?: string; readonly body?: string | Buffer; readonly contentType?: string } = {},
): Promise<string> {
  try {
    const response = await fetch(url, {
      method: request.method ?? 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: AbortSignal.timeout(30_000),
    });
    await response.arrayBuffer();
    return String(response.status);
  } catch {
    return 'no answer';
  }
}

/** Repeats a question in several connections at once. */
export function atOnce(times: number, question: (index: number) => Promise<string>): Promise<string[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => question(index)));
}
