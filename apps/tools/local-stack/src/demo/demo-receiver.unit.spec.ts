import { signBody } from '@skillora/signing';

import { DemoReceiver } from './demo-receiver.js';

const SECRET = 'whsec_for-the-demo-receiver';
const BODY = '{"event":"interview.completed","data":{}}';

describe('the demo receiver', () => {
  let receiver: DemoReceiver;
  let said: string[];

  beforeEach(async () => {
    said = [];
    receiver = await DemoReceiver.start((line) => said.push(line));
    receiver.expectSecret(SECRET);
  });
  afterEach(() => receiver.stop());

  const post = async (signature: string, body = BODY): Promise<number> =>
    (
      await fetch(receiver.url, {
        method: 'POST',
        body,
        headers: {
          'x-webhook-signature-256': signature,
          'x-webhook-event': 'interview_completed',
          'x-webhook-id': 'd1',
        },
      })
    ).status;

  it('takes a delivery whose signature covers its body, and says so in one line', async () => {
    const arrival = receiver.delivery(() => true, 5_000);
    expect(await post(signBody(BODY, SECRET))).toBe(200);
    expect(await arrival).toEqual({ deliveryId: 'd1', eventType: 'interview_completed', body: BODY });
    expect(said).toEqual([`demo receiver: verified interview_completed (delivery d1), ${BODY.length} bytes`]);
  });

  it('refuses a body that was altered, another secret, and no signature', async () => {
    expect(await post(signBody(BODY, SECRET), `${BODY} `)).toBe(401);
    expect(await post(signBody(BODY, 'another-secret-altogether'))).toBe(401);
    expect(await post('')).toBe(401);
  });

  it('answers 503 once when told to, so that a retry can be seen', async () => {
    await fetch(`${receiver.baseUrl}/refuse-next`, { method: 'POST' });
    expect(await post(signBody(BODY, SECRET))).toBe(503);
    expect(await post(signBody(BODY, SECRET))).toBe(200);
  });

  it('says so when the awaited delivery does not arrive', async () => {
    await expect(receiver.delivery(() => true, 10)).rejects.toThrow('no verified delivery arrived');
  });
});
