import { Inject, Injectable } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import {
  type KeptUnit,
  MayNotOpen,
  type RecordBatch,
  type UnitKeeper,
  type UnitSurroundings,
} from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';

import { LARGEST_COPIED_BYTES } from '../bodies/body-in-delivery.js';
import { SYSTEM_CLOCK } from '../clock.js';
import { DeliverController } from '../deliver/deliver.controller.js';
import { EndpointTable } from '../endpoints/endpoint-table.js';
import { FanOutTelemetry } from '../fan-out/fan-out-telemetry.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { type HoldingLimits, Holdings } from './holdings.js';
import { TwoHopInstances } from './two-hop-instances.js';
import { UnitHost, type UnitInstance } from './unit-host.js';
import { UnitLedgers } from './unit-ledgers.js';
import { UnitMetrics } from './unit-metrics.js';

/** What the open events of one instance may hold, over all units. */
const HOLDING_LIMITS: HoldingLimits = { deliveries: 20_000, bytes: 64 * 1_024 * 1_024 };

/** The units of this instance. */
@Injectable()
export class Units implements UnitKeeper {
  private readonly hosts = new Map<number, UnitHost>();
  private readonly instance: UnitInstance;
  private readonly metrics: UnitMetrics;
  /** Which unit is offered room first. */
  private first = 0;

  constructor(
    @Inject(LOGGER) logger: Logger,
    endpoints: EndpointTable,
    ledgers: UnitLedgers,
    deliver: DeliverController,
    telemetry: FanOutTelemetry,
    @Inject(DISPATCHER_SETTINGS) { namesLargeBodies }: Pick<DispatcherSettings, 'namesLargeBodies'>,
    private readonly twoHopInstances: TwoHopInstances,
  ) {
    const holdings = new Holdings(HOLDING_LIMITS);
    this.metrics = new UnitMetrics(holdings, () => this.hosts.size);
    this.instance = {
      clock: SYSTEM_CLOCK,
      endpoints,
      holdings,
      logger,
      telemetry,
      largestCopied: namesLargeBodies ? LARGEST_COPIED_BYTES : Infinity,
      openLedger: (unit) => ledgers.open(unit),
      mayOpen: () => twoHopInstances.isGone(),
      backlog: () => deliver.backlog,
      deliver: (read) => deliver.take(read),
      hasRoom: () => {
        this.offerRoom();
      },
      gaveUp: (host) => {
        if (this.hosts.get(host.unit) === host) this.hosts.delete(host.unit);
      },
    };
  }

  /** The positions of other topics are those of two hops, in their groups. */
  keeps(topic: string): boolean {
    return topic === Topics.events;
  }

  async open(unit: number, topics: readonly string[], surroundings: UnitSurroundings): Promise<KeptUnit> {
    // While an instance with two hops is there, it has the events.
    if (!(await this.twoHopInstances.isGone())) throw new MayNotOpen();
    const committed = () => this.twoHopInstances.furthest(unit, surroundings);
    const host = await this.metrics.takeOver(() =>
      UnitHost.open(unit, topics, { ...surroundings, committed }, this.instance),
    );
    try {
      if (!(await this.twoHopInstances.isGone())) throw new MayNotOpen();
    } catch (error) {
      await host.giveUp();
      throw error;
    }
    this.hosts.set(unit, host);
    return host;
  }

  /** Offers room to all units. Each is the first in turn, so that none takes it all again and again. */
  private offerRoom(): void {
    const hosts = [...this.hosts.values()];
    this.first = (this.first + 1) % Math.max(1, hosts.length);
    for (const host of [...hosts.slice(this.first), ...hosts.slice(0, this.first)]) host.resume();
  }

  /** Takes events, unless their unit was given up. */
  async take(batch: RecordBatch): Promise<void> {
    await this.hosts.get(batch.partition)?.take(batch);
  }
}
