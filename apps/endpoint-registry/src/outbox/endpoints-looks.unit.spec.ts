import { isEndpointsLook } from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';
import { waitFor } from '@skillora/testing';

import { EndpointsLooks, type LookedAtTopic } from './endpoints-looks.js';

const LIMIT_MS = 20;

/** A topic whose partitions take nothing until that is changed. */
function topicThatWaits() {
  const written: OutgoingRecord[][] = [];
  const waiting: (() => void)[] = [];
  const topic: LookedAtTopic = {
    name: 'events',
    partitions: () => Promise.resolve([0, 1, 2]),
    send: async (records) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      written.push([...records]);
    },
    close: () => Promise.resolve(),
  };
  return { topic, written, waiting };
}

describe('looks at endpoints', () => {
  it('are one record for each partition, which readers recognise', async () => {
    const { topic, written, waiting } = topicThatWaits();
    const done = new EndpointsLooks(topic).afterNow();
    await waitFor(() => waiting.length === 1);
    waiting[0]?.();
    await done;
    expect(written.flat().map(({ partition }) => partition)).toEqual([0, 1, 2]);
    for (const { headers } of written.flat()) {
      expect(isEndpointsLook(headers as Record<string, string>)).toBe(true);
    }
  });

  it('that are not taken in time fail with an error that says what to do, and do not pile up', async () => {
    const { topic, written, waiting } = topicThatWaits();
    const looks = new EndpointsLooks(topic, LIMIT_MS);
    for (let pass = 0; pass < 5; pass += 1) {
      await expect(looks.afterNow()).rejects.toThrow(/takes no records.*--unavailable-partitions/);
    }
    // What waits is the first one, and one for all that asked after it.
    expect(waiting).toHaveLength(1);
    waiting[0]?.();
    await waitFor(() => waiting.length === 2);
    waiting[1]?.();
    await waitFor(() => written.length === 2);
  });

  it('that were under way before do not count for a change that came later', async () => {
    const { topic, written, waiting } = topicThatWaits();
    const looks = new EndpointsLooks(topic);
    const former = looks.afterNow();
    await waitFor(() => waiting.length === 1);
    const later = looks.afterNow();
    waiting[0]?.();
    await former;
    await waitFor(() => waiting.length === 2);
    expect(written).toHaveLength(1);
    waiting[1]?.();
    await later;
    expect(written).toHaveLength(2);
  });
});
