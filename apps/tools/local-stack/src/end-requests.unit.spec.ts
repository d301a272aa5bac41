import { EventEmitter } from 'node:events';

import { onEndRequest } from './end-requests.js';

describe('requests to end', () => {
  function listening(): { signal: (name: string, at: number) => void; calls: string[] } {
    const signals = new EventEmitter();
    const calls: string[] = [];
    let now = 0;
    onEndRequest(
      () => calls.push('end'),
      () => calls.push('kill'),
      () => now,
      signals,
    );
    return {
      calls,
      signal: (name, at) => {
        now = at;
        signals.emit(name);
      },
    };
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('are taken by %s', (name) => {
    const { signal, calls } = listening();
    signal(name, 1_000);
    expect(calls).toEqual(['end']);
  });

  it('that npm repeats at once are one request', () => {
    const { signal, calls } = listening();
    signal('SIGINT', 1_000);
    signal('SIGINT', 1_020);
    signal('SIGTERM', 1_500);
    expect(calls).toEqual(['end']);
  });

  it('made a second time later mean at once', () => {
    const { signal, calls } = listening();
    signal('SIGINT', 1_000);
    signal('SIGINT', 1_501);
    expect(calls).toEqual(['end', 'kill']);
  });
});
