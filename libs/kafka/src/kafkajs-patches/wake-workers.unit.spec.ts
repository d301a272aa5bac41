import { createRequire } from 'node:module';

import type { Worker } from './kafkajs-fetch-types.js';
import { wakeOneByOne } from './wake-workers.js';

type Handler = (batch: number) => Promise<void>;
const require = createRequire(import.meta.url);
const createWorker = require('kafkajs/src/consumer/worker.js') as (options: { handler: Handler }) => Worker;
const createQueue = require('kafkajs/src/consumer/workerQueue.js') as (options: { workers: Worker[] }) => {
  push: (...batches: number[]) => Promise<void>;
  getWorkers: () => Worker[];
};

/** A queue of kafkajs with workers that are woken one by one, and how often they were. */
function queueOf(
  count: number,
  handler: Handler,
): { push: (...batches: number[]) => Promise<void>; woken: () => number } {
  let woken = 0;
  const workers = Array.from({ length: count }, (): Worker => {
    const worker = createWorker({ handler });
    return {
      run: (queue) => {
        woken += 1;
        return worker.run(queue);
      },
    };
  });
  const queue = createQueue({ workers });
  wakeOneByOne(queue.getWorkers());
  wakeOneByOne(queue.getWorkers());
  return { push: queue.push, woken: () => woken };
}

it('as many workers are woken as there are batches', async () => {
  const done: number[] = [];
  const { push, woken } = queueOf(64, (batch) => Promise.resolve(void done.push(batch)));
  await push(1, 2);
  expect([done, woken()]).toEqual([[1, 2], 2]);
  await push(3);
  expect([done, woken()]).toEqual([[1, 2, 3], 3]);
});

it('batches are worked on at the same time, as many as there are workers, and the others after them', async () => {
  const under = new Map<number, () => void>();
  const { push } = queueOf(2, (batch) => new Promise((resolve) => under.set(batch, resolve)));
  const all = push(1, 2, 3);
  const other = push(4);
  expect([...under.keys()]).toEqual([1, 2]);
  under.get(1)?.();
  await new Promise(setImmediate);
  expect([...under.keys()]).toEqual([1, 2, 3]);
  under.get(2)?.();
  under.get(3)?.();
  await all;
  under.get(4)?.();
  await other;
});

it('a batch that fails ends the reading with its error, and the next batch is worked on', async () => {
  const { push } = queueOf(1, (batch) =>
    batch === 1 ? Promise.reject(new Error('refused')) : Promise.resolve(),
  );
  await expect(push(1, 2)).rejects.toThrow('refused');
  await push(3);
});
