import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Above the ports of well-known programs, and below those that operating systems give to outgoing connections:
 * by default from 32768 on Linux, from 49152 elsewhere (RFC 6335).
 */
const [FIRST, BEHIND] = [15_000, 32_000] as const;
const TRIES = 200;
/** EACCES: some systems keep ports for others. */
const TAKEN: readonly unknown[] = ['EADDRINUSE', 'EACCES'];

/**
 * A TCP port that nothing listens on at 127.0.0.1. No other call gets it while this process runs, in no process,
 * and no outgoing connection gets it: it stays free until the caller listens.
 * @throws when none of many ports is free, or this machine lets nobody listen.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST, BEHIND);
    if ((await claim(port)) && (await isFree(port))) return port;
  }
  throw new Error(`none of ${TRIES} ports between ${FIRST} and ${BEHIND} is free`);
}

/** The claim is a UDP socket of the same number, which nobody else needs, and which ends with this process. */
async function claim(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const claimed = await succeeds((done, failed) => {
    socket.once('error', failed);
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, done);
  });
  if (claimed) socket.unref();
  return claimed;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return succeeds((done, failed) => {
    server.once('error', failed);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => done()));
  });
}

/** @returns false when somebody else has the port. */
async function succeeds(take: (done: () => void, failed: (error: Error) => void) => void): Promise<boolean> {
  try {
    await new Promise<void>(take);
    return true;
  } catch (error) {
    if (TAKEN.includes((error as NodeJS.ErrnoException).code)) return false;
    throw error;
  }
}
