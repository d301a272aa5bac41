import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';

import { waitFor } from '@skillora/testing';
import { Customer } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { exposedNames, metricNames } from './testing/prometheus-expression.js';
import { Receiver } from './testing/receiver.js';

const repository = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const file = (path: string): string => readFileSync(repository(path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}

const rules = (parse(file('deploy/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(file('deploy/grafana/webhooks.json')) as {
  panels: { title: string; targets?: { expr: string }[] }[];
};

const customer = Customer.ofStack();
/** What each service tells, by service. */
const pages: Record<string, string> = {};
/** Every name that Prometheus can ask for. */
const exposed = new Set(['up']);

beforeAll(async () => {
  for (const service of ['api', 'ingest', 'dispatcher'] as const) {
    const page = await (await fetch(`${customer.address.management[service]}/metrics`)).text();
    pages[service] = page;
    for (const name of exposedNames(page)) exposed.add(name);
  }
});

/** What a dispatcher has with one hop only: see `ONE_HOP`. */
const ofOneHop = (name: string): boolean => /^webhook_(open|units?)_/.test(name);

const unknown = (expression: string): string[] => {
  const isOneHop = exposed.has('webhook_units_owned');
  return metricNames(expression).filter((name) => !exposed.has(name) && (isOneHop || !ofOneHop(name)));
};

describe('the metrics of the services', () => {
  it.each(rules.map(({ alert, expr }) => [alert, expr]))('are there for the alert %s', (_alert, expr) => {
    expect(metricNames(expr)).not.toEqual([]);
    expect(unknown(expr)).toEqual([]);
  });

  it.each(
    dashboard.panels.filter(({ targets }) => targets).map((panel) => [panel.title, panel.targets ?? []]),
  )('are there for the panel “%s”', (_title, targets) => {
    for (const { expr } of targets) {
      expect(metricNames(expr)).not.toEqual([]);
      expect(unknown(expr)).toEqual([]);
    }
  });

  it('are named by the rules of OpenMetrics, and all of ours by one prefix', () => {
    const types = Object.values(pages).flatMap((page) => [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)]);
    for (const [, name = '', type] of types) {
      expect(name).toMatch(/^(webhook|process|nodejs)_[a-z0-9_]+$/);
      if (!name.startsWith('webhook_')) continue;
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it('are all shown on the dashboard', () => {
    const shown = dashboard.panels
      .flatMap(({ targets = [] }) => targets)
      .flatMap(({ expr }) => metricNames(expr));
    const histograms = shown.map((name) => name.replace(/_bucket$/, ''));
    const ours = Object.values(pages).flatMap((page) =>
      [...page.matchAll(/^# TYPE (webhook_\S+) \S+$/gm)].map(([, name]) => name),
    );
    expect(ours.filter((name) => ![...shown, ...histograms].includes(name ?? ''))).toEqual([]);
  });

  it('tell of a delivery, and of a failing endpoint by its id', async () => {
    const receiver = await Receiver.start();
    const { id } = await customer.register(receiver.url);
    try {
      receiver.always({ status: 500 });
      await new ProducerService(customer.address).publish(interviewCompleted());
      // Each at a time of its own: an attempt before its result, and the lag when it is measured next.
      for (const line of [
        new RegExp(`^webhook_worst_endpoint_failures\\{endpoint="${id}"\\} [1-9]`, 'm'),
        /^webhook_attempts_total\{outcome="failure",error="http_status"\} [1-9]/m,
        /^webhook_delivery_results_total\{status="retrying",error="http_status"\} [1-9]/m,
        /^webhook_consumer_lag_records\{group="deliver",topic="webhook\.retries\.1"\} \d/m,
      ]) {
        await waitFor(async () => {
          const page = await fetch(`${customer.address.management.dispatcher}/metrics`);
          return line.test(await page.text());
        }, line.source);
      }
    } finally {
      await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
      await receiver.stop();
    }
  });
});

describe('the alert rules', () => {
  it('have a section each in the runbook', () => {
    const headings = [...file('docs/operations.md').matchAll(/^#{2,4} (\w+)$/gm)].map(
      ([, heading]) => heading,
    );
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(headings).toContain(alert);
    }
  });

  it('have a test each of what makes them fire and what does not', () => {
    const { tests } = parse(file('deploy/prometheus/alerts.test.yml')) as { tests: { name: string }[] };
    const names = tests.map(({ name }) => name).filter((name) => !name.endsWith(' with one hop'));
    expect(names).toEqual(rules.flatMap(({ alert }) => [`${alert} fires`, `${alert} is quiet`]));
  });

  const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
  (hasPromtool ? it : it.skip)(
    'pass their tests (skipped without promtool, Debian’s package prometheus)',
    () => {
      const outcome = execFileSync('promtool', ['test', 'rules', 'alerts.test.yml'], {
        cwd: repository('deploy/prometheus'),
        encoding: 'utf8',
      });
      expect(outcome).toContain('SUCCESS');
    },
  );
});
