import { amendOnce, type Runner, runnerPrototype, type Worker } from './kafkajs-internals.js';

/** Workers that are woken one by one. */
const amended = new WeakSet<readonly Worker[]>();

/**
 * Wakes as many workers for the batches of a fetch as there are batches. kafkajs has a worker for each partition that a
 * consumer may work on at a time, 64 of ours, and wakes all of them for each fetch that brings a batch. Each makes promises
 * to find out that there is nothing to do: a sixth of what event-ingest allocated at 80 events a second
 * (docs/performance.md).
 *
 * Upstream: no issue known. Delete when kafkajs wakes no more workers than it has batches.
 */
export function wakeWorkersNeeded(): void {
  amendOnce(
    runnerPrototype(),
    'fetch',
    (fetch) =>
      function (this: Runner, nodeId) {
        const [fetcher] = this.fetchManager.getFetchers();
        if (fetcher) wakeOneByOne(fetcher.getWorkerQueue().getWorkers());
        return fetch.call(this, nodeId);
      },
  );
}

/** Puts one worker in place of all: it gives each batch to one of them that has nothing to do. */
export function wakeOneByOne(workers: Worker[]): void {
  if (amended.has(workers)) return;
  amended.add(workers);
  const idle = workers.splice(0);
  workers.push({
    run: ({ next }) => {
      handOut(idle, next);
      return Promise.resolve();
    },
  });
}

/** Those at work ask for more themselves. */
function handOut(idle: Worker[], next: () => unknown): void {
  while (idle.length > 0) {
    const batch = next();
    if (batch === undefined) return;
    const worker = idle.pop();
    // A batch may have come after it asked for the last time, when nobody else had nothing to do.
    void worker?.run({ next: firstThen(batch, next) }).finally(() => {
      idle.push(worker);
      handOut(idle, next);
    });
  }
}

function firstThen(batch: unknown, next: () => unknown): () => unknown {
  let first: unknown = batch;
  return () => {
    const taken = first ?? next();
    first = undefined;
    return taken;
  };
}
