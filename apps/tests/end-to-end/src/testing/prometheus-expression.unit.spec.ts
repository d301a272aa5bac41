import { exposedNames, metricNames } from './prometheus-expression.js';

describe('the metrics that an expression reads', () => {
  it.each([
    ['up{job="a"} == 0', ['up']],
    ['sum by (job, status) (rate(requests_total{status=~"5.."}[5m])) > 0.02', ['requests_total']],
    ['histogram_quantile(0.99, sum by (le) (rate(x_bucket[$__rate_interval])))', ['x_bucket']],
    ['a / on (job) group_left (x) (b > 0) and c unless d', ['a', 'b', 'c', 'd']],
    ['sum(rate(a_total[5m] offset 1h)) > bool 1e9', ['a_total']],
    ['min_over_time(rows{label="with } and \\" in it"}[5m]) > 0 or absent(rows)', ['rows']],
  ])('of %s', (expression, names) => {
    expect(metricNames(expression)).toEqual(names);
  });
});

describe('the names on a page of metrics', () => {
  it('are those of counters and gauges, and the three series of a histogram', () => {
    const page = '# HELP a_total A.\n# TYPE a_total counter\na_total 1\n# TYPE b_seconds histogram\n';
    expect(exposedNames(page)).toEqual(['a_total', 'b_seconds_bucket', 'b_seconds_sum', 'b_seconds_count']);
  });
});
