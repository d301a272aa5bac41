import { Gauge } from 'prom-client';

/** A metric whose value is asked for at each scrape. @param value its value now. */
export function gauge(name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    collect() {
      this.set(value());
    },
  });
}
