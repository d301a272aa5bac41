import { decideReplay, type KnownDelivery } from './decide-replay.js';

const known = (status: KnownDelivery['status']): KnownDelivery => ({ status, round: 2, createdAt: 5 });
const repeat = { kind: 'repeat', createdAt: 5, afterRound: 2 };

describe('a replay', () => {
  it('makes the delivery of an event that was missed, once', () => {
    expect(decideReplay(null, false, false, true)).toEqual({ kind: 'make' });
    expect(decideReplay(null, true, false, true)).toEqual({ kind: 'skip', because: 'open' });
  });

  it('repeats what failed', () => {
    expect(decideReplay(known('failed'), false, false, true)).toEqual(repeat);
  });

  it('leaves alone what a person is having retried, also before the audit shows it', () => {
    for (const status of ['failed', 'success'] as const) {
      expect(decideReplay(known(status), true, true, true)).toEqual({ kind: 'skip', because: 'open' });
    }
  });

  it.each(['pending', 'retrying'] as const)('leaves alone what is %s', (status) => {
    expect(decideReplay(known(status), false, true, true)).toEqual({ kind: 'skip', because: 'open' });
  });

  it('sends again what arrived only when that is asked for', () => {
    expect(decideReplay(known('success'), false, false, true)).toEqual({
      kind: 'skip',
      because: 'delivered',
    });
    expect(decideReplay(known('success'), false, true, true)).toEqual(repeat);
  });

  it('sends what a former filter left out, and nothing that the filter leaves out now', () => {
    expect(decideReplay(known('filtered'), false, false, true)).toEqual(repeat);
    for (const each of [null, known('filtered'), known('failed'), known('success')]) {
      expect(decideReplay(each, false, true, false)).toEqual({ kind: 'skip', because: 'filtered' });
    }
  });
});
