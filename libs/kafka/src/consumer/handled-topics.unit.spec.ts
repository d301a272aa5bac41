import { type Handler, HandledTopics } from './handled-topics.js';

const handler = (): Handler => () => Promise.resolve();

describe('the topics of a transport', () => {
  it('are the patterns of its handlers, where nothing else is said', () => {
    const [a, b] = [handler(), handler()];
    const topics = new HandledTopics(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
    expect(topics.all).toEqual(['a', 'b']);
    expect(topics.handlerOf('b')).toBe(b);
    expect(topics.handlerOf('c')).toBeUndefined();
  });

  it('are those behind a pattern, listed or looked up again each time', async () => {
    const [listed, found] = [handler(), handler()];
    let delays = ['retries.1'];
    const topics = new HandledTopics(
      new Map([
        ['listed', listed],
        ['found', found],
      ]),
      { listed: ['a', 'b'], found: () => Promise.resolve(delays) },
    );
    await topics.find();
    expect(topics.all).toEqual(['a', 'b', 'retries.1']);
    delays = ['retries.1', 'retries.2'];
    await topics.find();
    expect(topics.handlerOf('retries.2')).toBe(found);
    expect(topics.handlerOf('listed')).toBeUndefined();
  });
});
