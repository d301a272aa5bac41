import { cutFor } from './cut.js';

const at = (time: string): number => Date.parse(`2026-03-04T${time}Z`);

describe('the cut between what is taken over and what is made anew', () => {
  it('is a full hour, an hour after the log begins, and another for deliveries', () => {
    expect(cutFor(at('10:20:00.000'), null)).toEqual({
      attempts: at('12:00:00.000'),
      rows: at('13:00:00.000'),
    });
    expect(cutFor(at('10:00:00.000'), null)).toEqual({
      attempts: at('11:00:00.000'),
      rows: at('12:00:00.000'),
    });
  });

  it('lies behind every attempt that retention has dropped', () => {
    expect(cutFor(at('10:00:00.000'), at('15:00:00.000')).attempts).toBe(at('16:00:00.000'));
    expect(cutFor(-Infinity, at('14:59:59.999')).attempts).toBe(at('15:00:00.000'));
    expect(cutFor(at('10:00:00.000'), at('09:00:00.000')).attempts).toBe(at('11:00:00.000'));
  });

  it('has nothing before it when nothing was ever removed, and all when nobody knows', () => {
    expect(cutFor(-Infinity, null)).toEqual({ attempts: -Infinity, rows: -Infinity });
    expect(cutFor(Infinity, at('10:00:00.000'))).toEqual({ attempts: Infinity, rows: Infinity });
  });
});
