import type { Kafka, Transaction } from 'kafkajs';

/** A Kafka client whose next transaction can be made to end otherwise than its owner wants. */
export class EndedOtherwise {
  readonly kafka: Kafka;
  private next: ((transaction: Transaction) => Promise<void>) | null = null;

  constructor(kafka: Kafka) {
    const producer: Kafka['producer'] = (config) => {
      const created = kafka.producer(config);
      const begin = created.transaction;
      return Object.assign(created, { transaction: async () => this.watched(await begin()) });
    };
    this.kafka = Object.create(kafka, { producer: { value: producer } }) as Kafka;
  }

  /** The next commit does this instead; it cannot be aborted afterwards. */
  nextCommit(instead: (transaction: Transaction) => Promise<void>): void {
    this.next = instead;
  }

  private watched(transaction: Transaction): Transaction {
    const commit = async (): Promise<void> => {
      const { next } = this;
      this.next = null;
      if (!next) return transaction.commit();
      watched.abort = () => Promise.reject(new Error('the connection is broken'));
      return next(transaction);
    };
    const watched = { ...transaction, commit };
    return watched;
  }
}
