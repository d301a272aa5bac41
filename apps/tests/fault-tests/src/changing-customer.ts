import { randomUUID } from 'node:crypto';

import { interviewEvent } from '@skillora/load';
import { ApiEndpoint, Audit, type StackAddress } from '@skillora/running-stack';
import { untilItHolds } from '@skillora/testing';

import type { MarkedArrivals } from './marked-arrivals.js';
import { postEvent } from './steady-load.js';

const LOOK_MS = 5;
/** The events of these tests have a score of 85. */
const above = (score: number) => ({ filter: { 'data.score': [{ '>=': score }] } });

/** An event that is accepted after the answer to a change. */
interface Behind {
  readonly change: string;
  readonly mark: string;
  readonly path: string;
}

/**
 * A customer who changes an endpoint again and again. Behind each answer comes an event. A second endpoint, which never
 * changes, gets all events: it shows when an event has been matched with the endpoints.
 */
export class ChangingCustomer {
  /** How many changes were answered. */
  changes = 0;
  private readonly unwanted: Behind[] = [];
  private readonly audit: Audit;
  private rounds = 0;

  private constructor(
    private readonly address: StackAddress,
    private readonly arrivals: MarkedArrivals,
    private readonly name: string,
  ) {
    this.audit = new Audit(address);
  }

  /** @param address with the token of the customer. */
  static async join(
    address: StackAddress,
    arrivals: MarkedArrivals,
    name: string,
  ): Promise<ChangingCustomer> {
    const customer = new ChangingCustomer(address, arrivals, name);
    await customer.audit.register(arrivals.urlOf(customer.witness));
    return customer;
  }

  /** Creates an endpoint, changes it four times, and deletes it. @throws when an event does not come that must. */
  async round(): Promise<void> {
    this.rounds += 1;
    const path = `/${this.name}/${this.rounds}`;
    const endpoint = new ApiEndpoint(this.address, await this.audit.register(this.arrivals.urlOf(path)));
    await this.wanted(path, 'its creation');
    await endpoint.call('PATCH', '', above(90));
    await this.notWanted(path, 'a filter that leaves it out');
    await endpoint.call('PATCH', '', above(80));
    await this.wanted(path, 'a filter that lets it through');
    await endpoint.call('PATCH', '', { is_active: false });
    await this.notWanted(path, 'its end as an active endpoint');
    await endpoint.call('PATCH', '', { is_active: true });
    await this.wanted(path, 'its return as an active endpoint');
    await endpoint.call('DELETE');
    await this.notWanted(path, 'its deletion');
  }

  /** The events that came although they were accepted after a change that says otherwise. */
  get wronglyDelivered(): string[] {
    return this.unwanted
      .filter(({ path, mark }) => this.arrivals.has(path, mark))
      .map(({ path, mark, change }) => `event ${mark} came to ${path} after ${change}`);
  }

  private get witness(): string {
    return `/${this.name}/witness`;
  }

  private async wanted(path: string, change: string): Promise<void> {
    const mark = await this.matched();
    await this.arrival(path, mark, `at ${path} after ${change}`);
  }

  private async notWanted(path: string, change: string): Promise<void> {
    this.unwanted.push({ path, change, mark: await this.matched() });
  }

  /** Publishes an event. @returns its mark, once it was matched with the endpoints. */
  private async matched(): Promise<string> {
    this.changes += 1;
    const mark = randomUUID();
    const event = interviewEvent(mark);
    const isAccepted = async (): Promise<boolean> => (await postEvent(this.address, event)) === 202;
    await untilItHolds('an event that is accepted', isAccepted);
    await this.arrival(this.witness, mark, 'at the endpoint that never changes');
    return mark;
  }

  private async arrival(path: string, mark: string, where: string): Promise<void> {
    await untilItHolds(`event ${mark} ${where}`, () => this.arrivals.has(path, mark), { everyMs: LOOK_MS });
  }
}
