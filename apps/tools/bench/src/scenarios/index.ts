import type { Scenario } from '../scenario.js';
import { attacks } from './attacks.js';
import { backlog } from './backlog.js';
import { creation } from './creation.js';
import { egress } from './egress.js';
import { filters } from './filters.js';
import { held } from './held.js';
import { hops } from './hops.js';
import { isolation } from './isolation.js';
import { limited } from './limited.js';
import { memory } from './memory.js';
import { options } from './options.js';
import { recovery } from './recovery.js';
import { retries } from './retries.js';
import { scaling } from './scaling.js';
import { throughput } from './throughput.js';
import { tracing } from './tracing.js';
import { widths } from './widths.js';

/** All scenarios, in the order in which they run. To add one, add a file and a line here. */
export const SCENARIOS: readonly Scenario[] = [
  throughput,
  hops,
  backlog,
  creation,
  isolation,
  limited,
  attacks,
  held,
  recovery,
  retries,
  scaling,
  widths,
  egress,
  filters,
  options,
  tracing,
  memory,
];
