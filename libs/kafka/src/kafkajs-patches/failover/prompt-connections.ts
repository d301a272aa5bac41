import {
  amendOnce,
  type Connection,
  connectionPrototype,
  type RequestQueue,
  requestQueuePrototype,
  UNREACHABLE,
} from '../kafkajs-internals.js';

/** Kafka's numbers of requests that a broker answers at once, whatever its replicas do; a fetch as soon as it may. */
const ANSWERED_AT_ONCE: ReadonlySet<number> = new Set([
  2, // ListOffsets
  3, // Metadata
  9, // OffsetFetch
  10, // FindCoordinator
  12, // Heartbeat
]);
/** Why a connection breaks that is closed. */
export const CLOSED_UNANSWERED = 'the broker did not answer before the end';
/** How long what is answered at once is waited for, ms. */
const PROMPT_MS = 5_000;
/** What is under way on a connection that is closed may take so long, ms. */
const LEAVE_MS = 1_000;
/** kafkajs reads the length of an answer first. */
const LENGTH_BYTES = 4;

const connecting = new WeakMap<Connection, Promise<unknown>>();
const connectionOf = new WeakMap<RequestQueue, Connection>();

/** Breaks a connection: whatever waits on it fails at once, and the next request makes a new one. */
export function breakConnection(connection: Connection, reason: string): void {
  connection.socket?.destroy(Object.assign(new Error(reason), { code: UNREACHABLE }));
}

/**
 * Makes kafkajs' connections let go of a broker that has died or stands still.
 *
 * By itself kafkajs waits 30 s for any answer, and then sends the next request down the same socket; closing a connection
 * waits for its last answer, and with it whoever reads that a broker has left the cluster; a connection made again goes
 * on with the first half of an answer that the one before had received; and two that connect at the same time make two
 * sockets, of which the end of one closes the other.
 *
 * Upstream: kafkajs #919 (open) for the silent broker, #918 and #1167 (closed) for closing; no
 * issue known for the rest.
 * Delete when kafkajs has timeouts by kind of request, and breaks a connection after one.
 */
export function keepConnectionsPrompt(): void {
  const prototype = connectionPrototype();
  amendOnce(
    prototype,
    'connect',
    (connect) =>
      function (this: Connection) {
        const under = connecting.get(this);
        if (under) return under;
        if (this.isConnected()) return connect.call(this);
        letGoOf(this);
        connectionOf.set(this.requestQueue, this);
        const made = connect.call(this).finally(() => connecting.delete(this));
        connecting.set(this, made);
        return made;
      },
    'prompt',
  );
  amendOnce(
    prototype,
    'disconnect',
    (disconnect) =>
      async function (this: Connection) {
        const leave = setTimeout(() => breakConnection(this, CLOSED_UNANSWERED), LEAVE_MS);
        try {
          return await disconnect.call(this);
        } finally {
          clearTimeout(leave);
        }
      },
    'prompt',
  );
  amendOnce(
    requestQueuePrototype(),
    'createSocketRequest',
    (create) =>
      function (this: RequestQueue, pushed) {
        const request = create.call(this, pushed);
        if (ANSWERED_AT_ONCE.has(request.entry.apiKey)) request.requestTimeout = PROMPT_MS;
        const timedOut = request.timeoutHandler;
        request.timeoutHandler = () => {
          timedOut();
          // Answers come in order: what stands behind has none either.
          const connection = connectionOf.get(this);
          if (connection) breakConnection(connection, 'the broker does not answer');
        };
        return request;
      },
    'prompt',
  );
}

/** Nothing of a former socket reaches what is read from the next. */
function letGoOf(connection: Connection): void {
  const { socket } = connection;
  if (socket) {
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    socket.destroy();
  }
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = LENGTH_BYTES;
}
