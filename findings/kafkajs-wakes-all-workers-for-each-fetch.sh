#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm)
# Behaviour: the option partitionsConsumedConcurrently is paid for with every fetch. It makes that many workers, and a fetch that brings one record wakes
#            all of them. Each makes promises to find that there is nothing to do; with 64 that was a sixth of what a small service allocated.
# Expected:  a limit for batches that are worked on at a time costs nothing while there are fewer.
# Seen:      partitionsConsumedConcurrently 1: 1 woken for one batch; 64: 64 woken for one batch
# Needs:     node 20 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > woken.cjs <<'JS'
const createFetchManager = require('kafkajs/src/consumer/fetchManager');

const logger = { namespace: () => logger, debug() {}, info() {} };

/** How many workers a consumer wakes for a fetch that brings one batch. */
async function woken(concurrency) {
  let count = 0;
  let fetches = 0;
  const manager = createFetchManager({
    logger,
    getNodeIds: () => [0],
    concurrency,
    handler: async () => undefined,
    fetch: async () => {
      fetches += 1;
      if (fetches === 1) {
        for (const worker of manager.getFetchers()[0].getWorkerQueue().getWorkers()) {
          const run = worker.run;
          worker.run = (queue) => {
            count += 1;
            return run(queue);
          };
        }
        return [{ topic: 'orders', partition: 0 }];
      }
      setImmediate(() => void manager.stop());
      await new Promise((resolve) => setImmediate(resolve));
      return [];
    },
  });
  await manager.start();
  return count;
}

(async () => {
  const [one, many] = [await woken(1), await woken(64)];
  console.log(`partitionsConsumedConcurrently 1: ${one} woken for one batch; 64: ${many} woken for one batch`);
  process.exit(one === 1 && many === 64 ? 0 : 1);
})();
JS
timeout 60 node woken.cjs
