import { deliveriesInKafka } from '../../recoveries/testing/recovered-in-kafka.js';
import type { Answer } from '../../testing/running-registry.js';

/** The statuses of answers, in ascending order. */
export const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort();

/** Why a request was refused. */
export const detail = ({ body }: Answer): string => (body as { detail: string }).detail;

/** As many requests at once as an impatient person makes, over both instances. */
export const atOnce = (ask: (instance: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: 8 }, (_, index) => ask(index % 2)));

/** Their statuses when one of them is granted. */
export const once = [202, ...Array<number>(7).fill(409)];

/** What was sent of an event by hand, once there are so many deliveries in Kafka. */
export async function sentOf({ id }: { readonly id: string }, count: number) {
  return deliveriesInKafka(({ eventId, trigger }) => eventId === id && trigger === 'manual', count);
}
