import { setTimeout as delay } from 'node:timers/promises';

import { mayRepeat } from '@skillora/running-stack';
import { untilItHolds } from '@skillora/testing';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';

import { noFullDiskHere, withFullDisk } from './full-disk.js';
import { NOTHING_LOST, Scene } from './scene.js';
import type { SteadyLoad } from './steady-load.js';

const MOST_PER_SECOND = 100;
const WORK_MS = 2_000;
const FAULT_MS = 12_000;
/** The broker's own limit on a record. */
const USUAL_RECORD_BYTES = '1048576';

describe('a broker that takes nothing', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.set({ INTAKE_TIMEOUT: '2s' });
  });
  afterEach(() => scene.clear());

  it('because it answers with errors makes intake say 503, and nothing accepted is lost', async () => {
    const load = await scene.load(MOST_PER_SECOND);
    await delay(WORK_MS);
    await limitRecords('webhook.events', '100');
    await refused(load);
    await delay(FAULT_MS / 2);
    await limitRecords('webhook.events', USUAL_RECORD_BYTES);
    await load.stop();
    await expectNothingLost(load);
  });

  it('of what comes of deliveries loses nothing either', async () => {
    const load = await scene.load(MOST_PER_SECOND);
    await delay(WORK_MS);
    await limitRecords('webhook.delivery-results', '100');
    await delay(FAULT_MS / 2);
    await limitRecords('webhook.delivery-results', USUAL_RECORD_BYTES);
    await load.stop();
    await expectNothingLost(load);
  });

  it('because its disk is full makes intake say 503, and nothing accepted is lost', async () => {
    const reason = await noFullDiskHere();
    if (reason !== null) {
      process.stdout.write(`not tested here: ${reason}\n`);
      return;
    }
    const load = await scene.load(MOST_PER_SECOND);
    await delay(WORK_MS);
    const seen = refused(load);
    await withFullDisk(scene.part('Kafka'), Promise.all([seen, delay(FAULT_MS)]));
    await seen;
    await load.stop();
    await expectNothingLost(load);
  });

  async function refused(load: SteadyLoad): Promise<void> {
    await untilItHolds('an answer of 503', () => load.answers.has(503), { everyMs: 50 });
  }

  async function limitRecords(topic: string, bytes: string): Promise<void> {
    const admin = new Kafka({
      clientId: 'fault-tests',
      brokers: scene.address.brokers,
      logLevel: logLevel.NOTHING,
    }).admin();
    await admin.connect();
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'max.message.bytes', value: bytes }],
        },
      ],
    });
    await admin.disconnect();
  }

  async function expectNothingLost(load: SteadyLoad): Promise<void> {
    const { missing, doubleResults, auditDisagrees, repeated, accepted } = await scene.findings(
      load.accepted,
    );
    expect({ missing, doubleResults, auditDisagrees }).toEqual(NOTHING_LOST);
    expect(repeated).toBeLessThan(mayRepeat(accepted * scene.endpoints.length, 1));
    expect([...load.answers.keys()].filter((status) => status !== 202 && status !== 503)).toEqual([]);
  }
});
