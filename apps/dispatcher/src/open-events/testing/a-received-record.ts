import type { ReceivedRecord } from '@skillora/kafka';

/** The parts of a record that was read which its codec needs. */
export function aReceivedRecord(
  value: Buffer | null,
  headers: Readonly<Record<string, Buffer | string>> = {},
): Pick<ReceivedRecord, 'value' | 'headers' | 'rawHeaders'> {
  const raw = Object.entries(headers).map(([name, each]) => [name, Buffer.from(each)] as const);
  return {
    value,
    headers: Object.fromEntries(raw.map(([name, each]) => [name, each.toString('utf8')])),
    rawHeaders: Object.fromEntries(raw),
  };
}
