import fc from 'fast-check';

import { FetchSession, type SessionRequest } from './fetch-session.js';
import type { WantedTopic } from './kafkajs-fetch-types.js';

const MAX_BYTES = 1_000;

const wanted = (topic: string, offsets: Readonly<Record<number, string>>): WantedTopic => ({
  topic,
  partitions: Object.entries(offsets).map(([partition, fetchOffset]) => ({
    ...{ partition: Number(partition), fetchOffset, maxBytes: MAX_BYTES },
  })),
});

const NOTHING = { topics: [], forgottenTopics: [] };

describe('a request of a session', () => {
  it('names everything at first, and nothing while nothing changes', () => {
    const session = new FetchSession();
    const topics = [wanted('a', { 0: '5', 1: '7' }), wanted('b', { 0: '0' })];
    expect(session.request(topics)).toEqual({ sessionId: 0, sessionEpoch: 0, topics, forgottenTopics: [] });
    session.answered(9);
    expect(session.request(topics)).toEqual({ sessionId: 9, sessionEpoch: 1, ...NOTHING });
    session.answered(9);
    expect(session.request(topics)).toEqual({ sessionId: 9, sessionEpoch: 2, ...NOTHING });
  });

  it('names the partitions that are read from another offset on, those that are new and those that are not read any more', () => {
    const session = new FetchSession();
    session.request([wanted('a', { 0: '5', 1: '7' }), wanted('b', { 0: '0' })]);
    session.answered(9);
    expect(session.request([wanted('a', { 0: '6', 2: '1' })])).toMatchObject({
      topics: [wanted('a', { 0: '6', 2: '1' })],
      forgottenTopics: [
        { topic: 'a', partitions: [1] },
        { topic: 'b', partitions: [0] },
      ],
    });
  });

  it('begins a session in place of the former one after a request without an answer', () => {
    const session = new FetchSession();
    const topics = [wanted('a', { 0: '5' })];
    session.request(topics);
    session.answered(9);
    session.request([wanted('a', { 0: '6' })]);
    expect(session.request(topics)).toEqual({ sessionId: 9, sessionEpoch: 0, topics, forgottenTopics: [] });
  });

  it('names everything each time if the broker keeps no session', () => {
    const session = new FetchSession();
    const topics = [wanted('a', { 0: '5' })];
    session.request(topics);
    session.answered(0);
    expect(session.request(topics)).toEqual({ sessionId: 0, sessionEpoch: 0, topics, forgottenTopics: [] });
  });
});

/** A broker as KIP-227 describes it, with room for one session. */
class ModelBroker {
  private session: { id: number; epoch: number; offsets: Map<string, string> } | null = null;
  private ids = 0;

  /** @returns what it reads for the answer; null if it does not know the session. */
  answer({ sessionId, sessionEpoch, topics, forgottenTopics }: SessionRequest): Map<string, string> | null {
    if (sessionEpoch === 0) this.session = { id: (this.ids += 1), epoch: 0, offsets: new Map() };
    const { session } = this;
    if (!session || (sessionEpoch !== 0 && (session.id !== sessionId || session.epoch !== sessionEpoch)))
      return null;
    session.epoch += 1;
    for (const { topic, partitions } of forgottenTopics)
      for (const partition of partitions) session.offsets.delete(`${topic}/${partition}`);
    for (const { topic, partitions } of topics)
      for (const { partition, fetchOffset } of partitions)
        session.offsets.set(`${topic}/${partition}`, fetchOffset);
    return session.offsets;
  }

  get sessionId(): number {
    return this.session?.id ?? 0;
  }

  restart(): void {
    this.session = null;
  }
}

it('whatever is wanted, lost on the way or forgotten by the broker, an answer is about all that is wanted and nothing else', () => {
  const topics = fc
    .dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.dictionary(fc.constantFrom('0', '1', '2'), fc.nat(9).map(String)),
    )
    .map((each) => Object.entries(each).map(([topic, offsets]) => wanted(topic, offsets)));
  const turn = fc.record({
    topics,
    fate: fc.constantFrom('answered', 'answered', 'request lost', 'answer lost', 'restart'),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 30 }), (turns) => {
      const broker = new ModelBroker();
      const session = new FetchSession();
      let refusals = 0;
      for (const { topics: now, fate } of turns) {
        if (fate === 'restart') broker.restart();
        const request = session.request(now);
        const read = fate === 'request lost' ? null : broker.answer(request);
        if (read === null && fate !== 'request lost') refusals += 1;
        if (read !== null && fate !== 'answer lost') {
          session.answered(broker.sessionId);
          expect(Object.fromEntries(read)).toEqual(
            Object.fromEntries(
              now.flatMap(({ topic, partitions }) =>
                partitions.map(({ partition, fetchOffset }) => [`${topic}/${partition}`, fetchOffset]),
              ),
            ),
          );
        }
      }
      expect(refusals).toBeLessThanOrEqual(turns.filter(({ fate }) => fate === 'restart').length);
    }),
  );
});
