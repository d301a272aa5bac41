import type { Cluster } from './kafkajs-internals.js';

interface Remembered {
  readonly answer: Promise<unknown>;
  readonly at: number;
}

/** What each client of kafkajs was answered, remembered for a while; an answer that failed is not. */
export class AnswerMemory {
  private readonly known = new WeakMap<Cluster, Map<string, Remembered>>();

  /** @param forMs how long an answer is taken for true. */
  constructor(private readonly forMs: number) {}

  /** Whether the client has asked anything yet. */
  knows(cluster: Cluster): boolean {
    return this.known.has(cluster);
  }

  /** The remembered answer to a question, or that of `ask`. */
  of(cluster: Cluster, question: string, ask: () => Promise<unknown>): Promise<unknown> {
    let answers = this.known.get(cluster);
    if (!answers) this.known.set(cluster, (answers = new Map<string, Remembered>()));
    const remembered = answers.get(question);
    if (remembered && Date.now() - remembered.at < this.forMs) return remembered.answer;
    const answer = ask();
    answers.set(question, { answer, at: Date.now() });
    answer.catch(() => answers.delete(question));
    return answer;
  }
}
