import { RunningStack } from '@skillora/running-stack';

import { Schemathesis } from './schemathesis.js';

/*
 * npm run test:contract: runs schemathesis against the running services and their OpenAPI documents. It
 * generates requests, good and bad, and looks for 5xx, for undocumented statuses and bodies, and for bad
 * requests that are accepted. If Python or PyPI is missing, it prints a line and passes, but not in CI.
 * CONTRACT_SEED makes it generate other requests.
 * CONTRACT_TESTS=short, which `npm test` sets, tests both services at the same time with fewer requests, and for
 * two minutes at most: a slow machine tests less, but not longer.
 */
const SHORT = process.env['CONTRACT_TESTS'] === 'short';
const SHORT_LIMIT_S = 120;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const tool = Schemathesis.install(print);
if (tool) {
  const stack = await RunningStack.start({
    RETRY_DELAYS: '1s,2s,3s',
    DELIVERY_TIMEOUT: '1s',
    ALLOW_HTTP_TARGETS: 'true',
    // The tool sends requests as fast as it can, unknown tokens among them.
    RATE_LIMIT: '0',
    INTAKE_RATE_LIMIT: '0',
    UNKNOWN_TOKEN_LIMIT: '0',
    MAX_ENDPOINTS: '100000',
  });
  try {
    const { api, ingest, token } = stack.address;
    const tryIngest = () =>
      tool.finds(
        `${ingest}/api/v1/openapi.json`,
        token,
        SHORT ? { seconds: SHORT_LIMIT_S, examples: 15 } : { seconds: 40, examples: 60 },
      );
    const tryApi = () =>
      tool.finds(
        `${api}/api/v1/openapi.json`,
        token,
        SHORT ? { seconds: SHORT_LIMIT_S, examples: 8 } : { seconds: 90, examples: 30 },
      );
    const nothingFound = SHORT
      ? await Promise.all([tryIngest(), tryApi()])
      : [await tryIngest(), await tryApi()];
    if (!nothingFound.every(Boolean)) process.exitCode = 1;
  } finally {
    await stack.stop();
  }
} else if (process.env['CI'] === 'true') {
  process.exitCode = 1;
}
