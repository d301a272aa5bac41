import { percentile } from '../percentile.js';
import type { Found } from './history.js';

/** The duration of a request, and the number of rows in its answer. */
interface Took {
  readonly ms: number;
  readonly rows: number;
}

export interface Reading {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** The mean number of rows in an answer: a fast answer without rows would prove nothing. */
  readonly rows: number;
}

interface Page {
  readonly next: string | null;
  readonly results: unknown[];
}

/** One client of the REST API, one request after the other. */
export class Auditor {
  constructor(
    private readonly api: string,
    private readonly token: string,
  ) {}

  async get(path: string): Promise<Took & { page: Page }> {
    const began = performance.now();
    const response = await fetch(path.startsWith('http') ? path : `${this.api}/api/v1/${path}`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    const text = await response.text();
    const ms = performance.now() - began;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    const page = JSON.parse(text) as Page;
    return { ms, page, rows: Array.isArray(page.results) ? page.results.length : 1 };
  }

  /** Requests `path` `times` times. */
  async measure(
    name: string,
    times: number,
    path: (turn: number) => string | Promise<string>,
  ): Promise<Reading> {
    const took: Took[] = [];
    for (let turn = 0; turn < times; turn += 1) took.push(await this.get(await path(turn)));
    const sorted = took.map(({ ms }) => ms).sort((a, b) => a - b);
    return {
      name,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      longest: sorted.at(-1) ?? NaN,
      rows: took.reduce((sum, { rows }) => sum + rows, 0) / times,
    };
  }

  /** A page deep in a list, by cursor only: the one after the page that begins at a time. */
  async deep(path: string, before: Date): Promise<string> {
    const { page } = await this.get(
      `${path}${path.includes('?') ? '&' : '?'}created_before=${before.toISOString()}`,
    );
    if (page.next === null) return path;
    const url = new URL(page.next);
    url.searchParams.delete('created_before');
    return url.toString();
  }
}

const DAY_MS = 86_400_000;

/**
 * Each filter of the contract alone, and common combinations; each with the first page and with deep ones.
 */
export async function readEverything(
  auditor: Auditor,
  { endpointIds, eventIds }: Found,
  times: number,
  print: (reading: Reading) => void,
): Promise<void> {
  const pick = (from: readonly string[], turn: number): string => from[(turn * 37) % from.length] ?? '';
  const endpoint = (turn: number): string => pick(endpointIds, turn);
  const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
  const lists: Record<string, (turn: number) => string> = {
    'webhook-deliveries/': () => 'webhook-deliveries/',
    '?endpoint_id': (turn) => `webhook-deliveries/?endpoint_id=${endpoint(turn)}`,
    '?event_id': (turn) => `webhook-deliveries/?event_id=${pick(eventIds, turn)}`,
    '?event_type=mock_interview_completed': () => 'webhook-deliveries/?event_type=mock_interview_completed',
    '?event_type=test (rare)': () => 'webhook-deliveries/?event_type=test',
    '?status=success': () => 'webhook-deliveries/?status=success',
    '?status=failed': () => 'webhook-deliveries/?status=failed',
    '?status=retrying': () => 'webhook-deliveries/?status=retrying',
    '?status=pending (rare)': () => 'webhook-deliveries/?status=pending',
    '?created_after&created_before': (turn) =>
      `webhook-deliveries/?created_after=${daysAgo(21 + (turn % 60))}&created_before=${daysAgo(20 + (turn % 60))}`,
    '?endpoint_id&status=failed': (turn) => `webhook-deliveries/?endpoint_id=${endpoint(turn)}&status=failed`,
    '?endpoint_id&status=pending (rare)': (turn) =>
      `webhook-deliveries/?endpoint_id=${endpoint(turn)}&status=pending`,
    '?endpoint_id&event_type=test (rare)': (turn) =>
      `webhook-deliveries/?endpoint_id=${endpoint(turn)}&event_type=test`,
    '?endpoint_id&event_type&status': (turn) =>
      `webhook-deliveries/?endpoint_id=${endpoint(turn)}&event_type=interview_completed&status=success`,
    '?event_type=test&status=failed (rare)': () => 'webhook-deliveries/?event_type=test&status=failed',
    'webhook-deliveries/?page_size=200': () => 'webhook-deliveries/?page_size=200',
    'webhook-events/': () => 'webhook-events/',
    'webhook-events/?event_type=test (rare)': () => 'webhook-events/?event_type=test',
    'webhook-events/?created_before': (turn) => `webhook-events/?created_before=${daysAgo(20 + (turn % 60))}`,
    'webhook-events/{id}/': (turn) => `webhook-events/${pick(eventIds, turn)}/`,
    'webhook-events/{id}/deliveries/': (turn) => `webhook-events/${pick(eventIds, turn)}/deliveries/`,
    'webhook-endpoints/ with statistics': () => 'webhook-endpoints/?page_size=200',
  };
  // The first requests include connecting and compiling, so they are not measured.
  for (let turn = 0; turn < 40; turn += 1) await auditor.get('webhook-deliveries/');
  for (const [name, path] of Object.entries(lists)) {
    print(await auditor.measure(name, times, path));
    if (name.includes('created_') || name.includes('{id}') || name.includes('event_id')) continue;
    if (name.startsWith('webhook-endpoints')) continue;
    const deep: string[] = [];
    for (let turn = 0; turn < times; turn += 1) {
      deep.push(await auditor.deep(path(turn), new Date(Date.now() - (5 + ((turn * 7) % 80)) * DAY_MS)));
    }
    print(await auditor.measure(`${name}, deep`, times, (turn) => deep[turn] ?? ''));
  }
}
