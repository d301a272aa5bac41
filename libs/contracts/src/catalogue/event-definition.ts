import type { EventType } from '../event.js';
import type { ObjectRule } from './field-rule.js';

/** The definition of an event type. */
export interface EventDefinition {
  readonly type: EventType;
  /** The name of the event in the body. */
  readonly eventName: string;
  /** A higher version may have further fields; a field never changes its meaning. */
  readonly version: string;
  /** When the event happens, one sentence for receivers. */
  readonly description: string;
  readonly data: ObjectRule;
  /** Data as an event of this type has it. */
  readonly example: Readonly<Record<string, unknown>>;
}
