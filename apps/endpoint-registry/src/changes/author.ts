import { userInfo } from 'node:os';

/** Who changed something: a token of the API, an operator at the command line, or a service by itself. */
export interface Actor {
  readonly type: 'token' | 'operator' | 'service';
  /** The token's id; null of all others. */
  readonly id: string | null;
  /** The token's name, the operator's name at the operating system where it is known, or what the service did it for. */
  readonly name: string | null;
}

/** Who changes something, and where the wish came from. */
export interface Author {
  readonly actor: Actor;
  /** The client's address; null where no client asked. */
  readonly address: string | null;
  /** What names the request in logs; null where there was none. */
  readonly requestId: string | null;
}

/** The operator who runs the command line. */
export function operator(name: string | null = operatingSystemUser()): Author {
  return { actor: { type: 'operator', id: null, name }, address: null, requestId: null };
}

/** The service by itself. @param name what it does. */
export function service(name: string): Author {
  return { actor: { type: 'service', id: null, name }, address: null, requestId: null };
}

/** Null where the operating system knows no name for the user, as in many containers. */
function operatingSystemUser(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
