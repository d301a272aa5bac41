import type { Cluster } from './kafkajs-internals.js';

interface Remembered {
  readonly answer: Promise<unknown>;
  /** Ms since the epoch. */
  readonly at: number;
  /** The order of answers and of what turned out wrong. */
  readonly tick: number;
}

/** What each client of kafkajs was answered, remembered for a while; an answer that failed is not. */
export class AnswerMemory {
  private readonly known = new WeakMap<Cluster, Map<string, Remembered>>();
  /** When the answers to a question turned out to be wrong, by question; as counted by {@link clock}. */
  private readonly wrongAt = new Map<string, number>();
  private clock = 0;

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
    const wrongAt = this.wrongAt.get(question) ?? -1;
    if (remembered && remembered.tick > wrongAt && Date.now() - remembered.at < this.forMs)
      return remembered.answer;
    const answer = ask();
    answers.set(question, { answer, at: Date.now(), tick: ++this.clock });
    answer.catch(() => answers.delete(question));
    return answer;
  }

  /** What any client was answered to a question until now counts no more. */
  forget(question: string): void {
    this.wrongAt.set(question, ++this.clock);
  }
}
