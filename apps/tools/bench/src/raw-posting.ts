import { Agent, request } from 'undici';

/** Posts `count` bodies to `url` directly, `concurrency` at a time. @returns posts a second. */
export async function rawPostingRate(
  url: string,
  body: string,
  count: number,
  concurrency: number,
): Promise<number> {
  const dispatcher = new Agent({ connections: concurrency });
  let left = count;
  const post = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const response = await request(url, {
        method: 'POST',
        body,
        dispatcher,
        headers: { 'content-type': 'application/json' },
      });
      await response.body.dump();
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: concurrency }, post));
  const seconds = (performance.now() - begin) / 1_000;
  await dispatcher.close();
  return count / seconds;
}

/** A body as the receivers get it, for posting it raw. */
export const RAW_BODY = JSON.stringify({ event: 'interview.completed', data: { padding: 'x'.repeat(960) } });
