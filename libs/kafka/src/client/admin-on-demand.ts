import type { Admin, Kafka } from 'kafkajs';

/** An admin client that is connected when it is first needed. */
export class AdminOnDemand {
  private connected: Promise<Admin> | null = null;

  constructor(private readonly kafka: Pick<Kafka, 'admin'>) {}

  /** The connected client. If it cannot connect, this rejects, and the next caller tries again. */
  get(): Promise<Admin> {
    return (this.connected ??= this.connect().catch((error: unknown) => {
      this.connected = null;
      throw error;
    }));
  }

  /** Disconnects it, if it was ever needed. Never rejects. */
  async disconnect(): Promise<void> {
    await this.connected?.then((admin) => admin.disconnect()).catch(() => undefined);
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin();
    await admin.connect();
    return admin;
  }
}
