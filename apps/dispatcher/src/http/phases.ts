import type { Socket } from 'node:net';

import type { AttemptTimings } from '@skillora/contracts';

/**
 * Records when each phase of an exchange began and ended, and the address of its connection. A connection that
 * is used again needs no listeners, only two looks at the clock.
 */
export class Phases {
  /** The IP address of the connection, or the last one tried; null while there is none. */
  address: string | null = null;
  private openedAt: number | null = null;
  private lookedUpAt: number | null = null;
  private connectedAt: number | null = null;
  private securedAt: number | null = null;
  private sentAt: number | null = null;
  private heardAt: number | null = null;

  /** Follows a connection that is being opened for the exchange. */
  opens(socket: Socket): void {
    this.openedAt = performance.now();
    // The event comes for each address of the name; the first means that the name is resolved.
    socket.once('lookup', (error: Error | null) => {
      if (!error) this.lookedUpAt = performance.now();
    });
    socket.on('connectionAttempt', (address: string) => (this.address = address));
    // Before the listeners that send the request at this event.
    socket.prependOnceListener('connect', () => {
      this.connectedAt = performance.now();
      if (isEncrypted(socket)) {
        socket.prependOnceListener('secureConnect', () => (this.securedAt = performance.now()));
      }
    });
  }

  /** Notes that the request is written to a connection to `address`. */
  sends(address: string | null): void {
    if (address !== null) this.address = address;
    this.sentAt = performance.now();
  }

  /** Notes that bytes have come back. */
  hears(): void {
    this.heardAt ??= performance.now();
  }

  /** Whole milliseconds, rounded down, so that their sum is at most the duration of the attempt. */
  get timings(): AttemptTimings {
    return {
      dns: between(this.openedAt, this.lookedUpAt),
      connect: between(this.lookedUpAt ?? this.openedAt, this.connectedAt),
      tls: between(this.connectedAt, this.securedAt),
      firstByte: between(this.sentAt, this.heardAt),
    };
  }
}

function between(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.floor(to - from);
}

function isEncrypted(socket: Socket): boolean {
  return 'encrypted' in socket;
}
