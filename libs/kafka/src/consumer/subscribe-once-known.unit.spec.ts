import { subscribeOnceKnown } from './subscribe-once-known.js';

const unknownTopic = (): Error =>
  Object.assign(new Error('no such topic'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });

/** A consumer of which each call of subscribe ends as the list says; the last goes on for ever. */
function consumer(...answers: (Error | null)[]): { calls: number; subscribe: () => Promise<void> } {
  return {
    calls: 0,
    subscribe(): Promise<void> {
      const answer = answers[Math.min(this.calls, answers.length - 1)];
      this.calls += 1;
      return answer ? Promise.reject(answer) : Promise.resolve();
    },
  };
}

describe('subscribing to topics that were just made', () => {
  it('asks again while a broker does not know them', async () => {
    const late = consumer(unknownTopic(), unknownTopic(), null);
    await subscribeOnceKnown(late, ['a']);
    expect(late.calls).toBe(3);
  });

  it('fails with the answer of Kafka when they stay unknown', async () => {
    await expect(subscribeOnceKnown(consumer(unknownTopic()), ['a'], 150)).rejects.toThrow('no such topic');
  });

  it('fails at once with any other error', async () => {
    const refused = consumer(new Error('not authorised'));
    await expect(subscribeOnceKnown(refused, ['a'])).rejects.toThrow('not authorised');
    expect(refused.calls).toBe(1);
  });
});
