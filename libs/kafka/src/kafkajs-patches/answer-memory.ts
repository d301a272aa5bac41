import type { Cluster } from './kafkajs-internals.js';

interface Remembered {
  readonly answer: Promise<unknown>;
  /** Ms since the epoch. */
  readonly at: number;
  /** Counts answers and invalidations, to order them. */
  readonly tick: number;
}

/** Remembers for a while what each kafkajs client was answered. Failed answers are not remembered. */
export class AnswerMemory {
  private readonly known = new WeakMap<Cluster, Map<string, Remembered>>();
  /** When the answers to a question turned out to be wrong, by question, in units of {@link clock}. */
  private readonly wrongAt = new Map<string, number>();
  private clock = 0;

  /** @param forMs how long an answer is used. */
  constructor(private readonly forMs: number) {}

  /** Whether the client has asked anything yet. */
  knows(cluster: Cluster): boolean {
    return this.known.has(cluster);
  }

  /** Returns the remembered answer to a question, or asks with `ask`. */
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

  /** Forgets the answers that any client has had to a question until now. */
  forget(question: string): void {
    this.wrongAt.set(question, ++this.clock);
  }
}
