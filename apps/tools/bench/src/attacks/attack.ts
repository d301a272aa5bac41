import type { Operator, StackAddress } from '@skillora/running-stack';

/** The means of an attacker: an ordinary token of their own organisation, and servers. */
export interface Attacker {
  readonly address: StackAddress;
  readonly organizationId: string;
  readonly token: string;
  /** URL of a server that never answers. */
  readonly hangingServer: string;
  /** URL of a server that answers at once. */
  readonly promptServer: string;
  /** The operator of the system, who does not help the attacker. */
  readonly operator: Operator;
}

/** One way to make the system work too much. */
export interface Attack {
  readonly name: string;
  /**
   * True for a control: the same load, without what makes it an attack. It shows how much of the ratio is the
   * machine that both share.
   */
  readonly isControl?: boolean;
  /** Prepares the attack, without effect on others. */
  prepare?(attacker: Attacker): Promise<void>;
  /** One step of the attack, which is repeated until the end of the measurement. @returns the answer. */
  step(attacker: Attacker): Promise<readonly string[]>;
}

/** Sends a request as the attacker. @returns the status and the size of the answer, or why there was none. */
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

/** Repeats a request on several connections at once. */
export function atOnce(times: number, question: (index: number) => Promise<string>): Promise<string[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => question(index)));
}
