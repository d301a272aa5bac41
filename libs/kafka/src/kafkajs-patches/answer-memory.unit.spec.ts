import { AnswerMemory } from './answer-memory.js';
import type { Cluster } from './kafkajs-internals.js';

describe('the memory of answers', () => {
  const [one, other] = [{}, {}] as Cluster[];
  let asked: number;
  const ask = (): Promise<unknown> => Promise.resolve(++asked);
  beforeEach(() => (asked = 0));

  it('gives each client its own answers, again until they are too old', async () => {
    const memory = new AnswerMemory(60_000);
    expect(await memory.of(one!, 'where', ask)).toBe(1);
    expect(await memory.of(one!, 'where', ask)).toBe(1);
    expect(await memory.of(other!, 'where', ask)).toBe(2);
    const short = new AnswerMemory(0);
    expect(await short.of(one!, 'where', ask)).toBe(3);
    expect(await short.of(one!, 'where', ask)).toBe(4);
  });

  it('keeps no answer that failed', async () => {
    const memory = new AnswerMemory(60_000);
    await expect(memory.of(one!, 'where', () => Promise.reject(new Error('nobody knows')))).rejects.toThrow();
    expect(await memory.of(one!, 'where', ask)).toBe(1);
  });

  it('asks again, for every client, what turned out wrong, and keeps what it hears then', async () => {
    const memory = new AnswerMemory(60_000);
    await memory.of(one!, 'where', ask);
    await memory.of(one!, 'when', ask);
    memory.forget('where');
    expect(await memory.of(one!, 'where', ask)).toBe(3);
    expect(await memory.of(one!, 'where', ask)).toBe(3);
    expect(await memory.of(one!, 'when', ask)).toBe(2);
  });
});
