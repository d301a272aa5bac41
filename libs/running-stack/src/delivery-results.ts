import { NothingMoves, whileItMoves } from '@skillora/testing';
import { firstFew, lastToldOf, NAMED_AT_MOST, toldLast } from './last-told.js';
import { TopicReading } from './topic-reading.js';

/** The fields of a record of `webhook.delivery-results` about its attempt. */
export interface ReportedResult {
  readonly deliveryId: string;
  readonly endpointId: string;
  readonly round: number;
  readonly step: number;
  readonly status: string;
}

/** The name of a result's attempt: a second result with the same name is a fault. */
export function attemptOf({ deliveryId, round, step }: ReportedResult): string {
  return `${deliveryId}/${round}/${step}`;
}

/**
 * Reads every committed result in the topic, once each of these deliveries has at least the given number of
 * attempts in it.
 * @throws when results are missing and nothing moves any more; it names the deliveries and the last record of
 * each.
 */
export async function readDeliveryResults(
  brokers: string[],
  attempts: ReadonlyMap<string, number>,
): Promise<ReportedResult[]> {
  const results: ReportedResult[] = [];
  const told = new Set<string>();
  const outstanding = new Map(attempts);
  const reading = await TopicReading.start(
    brokers,
    ({ value }) => {
      if (!value) return;
      const result = JSON.parse(value.toString('utf8')) as ReportedResult;
      results.push(result);
      const attempt = attemptOf(result);
      if (told.has(attempt)) return;
      told.add(attempt);
      const left = (outstanding.get(result.deliveryId) ?? 0) - 1;
      if (left > 0) outstanding.set(result.deliveryId, left);
      else outstanding.delete(result.deliveryId);
    },
    ['webhook.delivery-results'],
  );
  try {
    await whileItMoves('the results of all deliveries', () => ({
      over: outstanding.size === 0,
      come: reading.come,
    }));
    await reading.reachEnds();
    return results;
  } catch (error) {
    if (!(error instanceof NothingMoves) || outstanding.size === 0) throw error;
    const names = [...outstanding.keys()].slice(0, NAMED_AT_MOST);
    const places = await lastToldOf(brokers, names);
    const lines = names.map(
      (id) => `delivery ${id} lacks ${outstanding.get(id) ?? 0} results: ${toldLast(places.get(id))}`,
    );
    throw new NothingMoves([error.message, ...firstFew(lines, outstanding.size)].join('\n'));
  } finally {
    await reading.stop();
  }
}
