import fc from 'fast-check';

import {
  afterAttempt,
  type Circuit,
  CLOSED,
  type ConnectFailure,
  FAILURES_TO_OPEN,
  longestProbeMs,
  admit,
} from './circuit-breaker.js';

const refused = (foundAt: number): ConnectFailure => ({
  error: 'connection_refused',
  errorDetail: 'The server refused the connection.',
  foundAt,
});

function failing(times: number, at = 0): Circuit {
  let circuit: Circuit = CLOSED;
  for (let i = 0; i < times; i += 1) circuit = afterAttempt(circuit, refused(at), 5_000);
  return circuit;
}

describe('the circuit of an endpoint', () => {
  it('lets the first failures be real attempts, and then deliveries share the newest', () => {
    expect(admit(failing(FAILURES_TO_OPEN - 1), 0, 5_000).admission).toEqual({ kind: 'attempt' });
    expect(admit(failing(FAILURES_TO_OPEN), 0, 5_000).admission).toEqual({
      kind: 'share',
      failure: refused(0),
    });
  });

  it('closes as soon as the endpoint answers', () => {
    expect(afterAttempt(failing(FAILURES_TO_OPEN), null, 5_000)).toBe(CLOSED);
  });

  it('probes more often where retries come sooner', () => {
    expect(longestProbeMs([60_000, 300_000])).toBe(5_000);
    expect(longestProbeMs([300, 600])).toBe(300);
  });

  it('goes on probing when a probe never ends', () => {
    let circuit = failing(FAILURES_TO_OPEN);
    let probes = 0;
    for (let now = 0; now <= 60_000; now += 10) {
      const decided = admit(circuit, now, 5_000);
      circuit = decided.circuit;
      if (decided.admission.kind === 'attempt') probes += 1;
    }
    expect(probes).toBeGreaterThan(10);
    expect(probes).toBeLessThan(16);
  });

  it('shares nothing that was found before a time without deliveries: they are attempted until one fails', () => {
    let circuit = failing(FAILURES_TO_OPEN);
    const probeAt = circuit.state === 'open' ? circuit.probeAt : NaN;
    const dueTogether = probeAt + 5_001;
    for (let delivery = 0; delivery < 3; delivery += 1) {
      const decided = admit(circuit, dueTogether, 5_000);
      expect(decided.admission).toEqual({ kind: 'attempt' });
      circuit = decided.circuit;
    }
    const found = refused(dueTogether + 1);
    circuit = afterAttempt(circuit, found, 5_000);
    expect(admit(circuit, dueTogether + 2, 5_000).admission).toEqual({ kind: 'share', failure: found });
  });

  it('costs a dead endpoint few connections, shares only what was found after the last answer, and never skips', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), isUp: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        let circuit: Circuit = CLOSED;
        let now = 0;
        let lastAnswer = -1;
        const attempts: { at: number; failed: boolean }[] = [];
        for (const { afterMs, isUp } of steps) {
          now += afterMs;
          const decided = admit(circuit, now, 5_000);
          circuit = decided.circuit;
          if (decided.admission.kind === 'share') {
            expect(decided.admission.failure.foundAt).toBeGreaterThan(lastAnswer);
            expect(now - decided.admission.failure.foundAt).toBeLessThanOrEqual(5_000);
          } else {
            attempts.push({ at: now, failed: !isUp });
            circuit = afterAttempt(circuit, isUp ? null : refused(now), 5_000);
            if (isUp) lastAnswer = now;
          }
        }
        // Between two answers at most the first failures and then one in a second are connections.
        let run: number[] = [];
        for (const { at, failed } of attempts) {
          if (failed) run.push(at);
          else run = [];
          const probes = run.slice(FAILURES_TO_OPEN);
          probes.forEach((probe, i) => {
            if (i > 0) expect(probe - probes[i - 1]!).toBeGreaterThanOrEqual(1_000);
          });
        }
      }),
    );
  });
});
