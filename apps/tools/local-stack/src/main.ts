import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { requirements, StartError } from '@skillora/engines';
import { ownHost, SettingsError } from '@skillora/operability';

import { CannotStart } from './cannot-start.js';
import { DataDirLock } from './data-dir-lock.js';
import { DemoReceiver } from './demo/demo-receiver.js';
import { type DemoOutcome, removeFormerDemo, runDemo } from './demo/demo.js';
import { RestClient } from './demo/rest-client.js';
import { stepsToTry } from './demo/try-it.js';
import { onEndRequest } from './end-requests.js';
import { LocalStackFile } from './generated-identity.js';
import { LocalStack } from './local-stack.js';
import { portProblems, withFreePorts } from './ports.js';
import { keepPrivate } from './private-data.js';
import { describeFailedStart } from './service-log.js';
import { type LocalStackSettings, portsToListenOn, readLocalStackSettings } from './settings.js';
import { span, Terminal } from './terminal.js';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

const terminal = new Terminal();
quietKafkajs();
try {
  const settings = readLocalStackSettings();
  await checkRequirements(settings);
  keepPrivate(settings.dataDir);
  const lock = DataDirLock.acquire(settings.dataDir);
  try {
    await runStack(settings, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
} catch (error) {
  explain(error);
  process.exit(1);
}

/** Starts everything, runs the demo, and stays until it is asked to end. Fails when the start fails. */
async function runStack(asked: LocalStackSettings, lock: DataDirLock): Promise<void> {
  const began = Date.now();
  const kept = new LocalStackFile(asked.dataDir);
  const identity = kept.identity();
  const settings = await withFreePorts(asked);
  const stack = new LocalStack({ settings, identity, terminal, root: ROOT });
  let receiver: DemoReceiver | null = null;
  let ending = false;

  onEndRequest(
    () => {
      ending = true;
      terminal.line();
      terminal.progress('ending: the services finish what they have begun (once more to kill at once)');
      const endingBegan = Date.now();
      void stack
        .stop()
        .then(() => receiver?.stop())
        .catch((error: unknown) => explain(error))
        .then(() => {
          lock.release();
          terminal.done(`ended (${span(Date.now() - endingBegan)})`);
          process.exit(0);
        });
    },
    () => {
      void stack.kill().finally(() => {
        lock.release();
        process.exit(130);
      });
    },
  );

  await stack.endOrphans();
  const inUse = await portProblems(portsToListenOn(settings));
  if (inUse.length > 0) throw new CannotStart(inUse.join('\n'));

  try {
    await stack.start();
  } catch (error) {
    if (isEnding()) return;
    explain(error);
    await stack.stop();
    throw new CannotStart(`the start failed; logs are in ${inReach(settings.dataDir)}`);
  }

  const host = ownHost(settings.listenAddress);
  const apiUrl = `http://${host}:${settings.apiPort}`;
  const api = new RestClient(apiUrl, identity.apiToken);
  let demo: DemoOutcome | null = null;
  if (settings.demo) {
    receiver = await DemoReceiver.start((line) => terminal.line(`  ${line}`));
    const { organizationId } = identity;
    try {
      demo = await runDemo({ terminal, api, receiver, brokers: stack.brokers, organizationId, kept });
    } catch (error) {
      if (isEnding()) return;
      terminal.problem(`the demo failed: ${(error as Error).message}; the stack runs on`);
    }
  } else {
    await removeFormerDemo(api, kept).catch((error: unknown) => terminal.warn((error as Error).message));
  }
  if (isEnding()) return;

  const ingestUrl = `http://${host}:${settings.ingestPort}`;
  terminal.heading('Try it');
  const steps = stepsToTry({
    apiUrl,
    ingestUrl,
    token: identity.apiToken,
    organizationId: identity.organizationId,
    demo: demo && receiver && { ...demo, receiverUrl: receiver.baseUrl },
  });
  for (const { title, command } of steps) {
    terminal.line(`# ${title}`);
    terminal.line(command);
    terminal.line();
  }

  terminal.heading(`Ready after ${span(Date.now() - began)}. Ctrl-C ends everything.`);
  if (await hasDashboard(apiUrl)) terminal.line(`  dashboard     ${apiUrl}/dashboard/`);
  terminal.line(`  REST API      ${apiUrl}/api/v1/`);
  terminal.line(`  HTTP intake   ${ingestUrl}/api/v1/interview-completions/`);
  terminal.line(`  Kafka         ${stack.brokers.join(',')}, topic interview-completions`);
  terminal.line(`  organisation  ${identity.organizationId}`);
  terminal.line(`  token         ${identity.apiToken}`);
  terminal.line(
    `  metrics       ${[settings.apiManagementPort, settings.ingestManagementPort, settings.dispatcherPort]
      .map((port) => `http://${host}:${port}/metrics`)
      .join(', ')}`,
  );
  terminal.line('  operators     npm run --silent admin -- --help');
  terminal.line(`  logs          ${inReach(settings.dataDir)}/logs`);

  // The signals' handlers write it; the compiler cannot know.
  function isEnding(): boolean {
    return ending;
  }
}

/** @throws {CannotStart} with one line for everything that this machine lacks. */
async function checkRequirements(settings: LocalStackSettings): Promise<void> {
  if (settings.kafkaBrokers !== null) return;
  const missing = await requirements();
  if (missing.length > 0) throw new CannotStart(missing.join('\n'));
}

async function hasDashboard(apiUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrl}/dashboard/`);
    await response.arrayBuffer();
    return response.ok && (response.headers.get('content-type') ?? '').startsWith('text/html');
  } catch {
    return false;
  }
}

/** Prints why the stack ends: the message of an error for people, else the stack trace. */
function explain(error: unknown): void {
  let lines: string[];
  if (error instanceof StartError) lines = describeFailedStart(error.message);
  else if (error instanceof CannotStart || error instanceof SettingsError) lines = error.message.split('\n');
  else lines = [error instanceof Error ? error.message : String(error)];
  for (const line of lines) terminal.problem(line);
}

/** A path as a user would type it here. */
function inReach(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/**
 * kafkajs 2.2.4 sets timers in the past, and newer versions of Node warn about this at every start, to no
 * use.
 */
function quietKafkajs(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'TimeoutNegativeWarning') terminal.warn(`${warning.name}: ${warning.message}`);
  });
}
