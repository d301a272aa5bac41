import type { Bucket } from '../api/types.js';
import { share } from '../parts/format.js';
import { hoursOf } from './hours.js';

const WIDTH = 5;
const GAP = 2;
const HEIGHT = 24;

/** A day at a glance: one bar for each hour. Its height is the share of successful attempts. */
export function HealthBars({
  since,
  hours,
  buckets,
}: {
  readonly since: string;
  readonly hours: number;
  readonly buckets: readonly Bucket[];
}) {
  const bars = hoursOf(since, hours, buckets);
  const attempts = bars.reduce((sum, hour) => sum + hour.attempts, 0);
  const success = bars.reduce((sum, hour) => sum + hour.success, 0);
  const width = hours * (WIDTH + GAP) - GAP;
  return (
    <svg
      className="health"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={
        attempts === 0
          ? 'Nothing was sent in the last 24 hours'
          : `Success over the last 24 hours: ${share(success, attempts)} of ${attempts} attempts`
      }
    >
      {bars.map(({ start, state, attempts: of, success: good }, index) => {
        const height = of === 0 ? 3 : Math.max(5, (HEIGHT * good) / of);
        return (
          <rect
            key={start}
            className={`health-${state}`}
            x={index * (WIDTH + GAP)}
            y={HEIGHT - height}
            width={WIDTH}
            height={height}
            rx={1.5}
          />
        );
      })}
    </svg>
  );
}
