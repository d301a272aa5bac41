import { SlowLane } from './slow-lane.js';

describe('the slow lane', () => {
  it('holds later deliveries of an endpoint until all earlier ones were read back', () => {
    const lane = new SlowLane();
    lane.goes('a', 0);
    lane.goes('a', 0);
    lane.comes('a');
    expect(lane.holds('a')).toBe(true);
    lane.comes('a');
    expect([lane.holds('a'), lane.size]).toEqual([false, 0]);
  });

  it('forgets what is another copy’s', () => {
    const lane = new SlowLane();
    lane.goes('a', 0);
    lane.goes('b', 1);
    lane.lost(0);
    expect([lane.holds('a'), lane.holds('b')]).toEqual([false, true]);
  });

  it('knows nothing of what a former owner left there', () => {
    const lane = new SlowLane();
    lane.comes('a');
    expect(lane.holds('a')).toBe(false);
  });
});
