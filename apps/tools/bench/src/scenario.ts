/** One measurement: it starts what it needs, prints its figures and ends by itself. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  run(options: ScenarioOptions): Promise<void>;
}

export interface ScenarioOptions {
  /** For a quick run: less of everything. */
  readonly quick: boolean;
  /** How long scenarios that watch over time do so. */
  readonly minutes: number;
  /** How many deliveries are recovered. */
  readonly deliveries: number;
  /** Only attacks with these words in their names are measured; default: all. */
  readonly attack?: string | undefined;
}
