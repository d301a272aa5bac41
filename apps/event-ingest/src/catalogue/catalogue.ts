import { CATALOGUE, type ProducedEventType } from '@skillora/contracts';

import { fieldType } from './field-type.js';
import type { ValueType } from './value-type.js';

/** How intake reads the data of an event type. */
export interface CataloguedEvent {
  /** The name of the event in the body. */
  readonly eventName: string;
  readonly data: ValueType;
}

/** Every event type a producer service may send. */
export const catalogue: Readonly<Record<ProducedEventType, CataloguedEvent>> = {
  interview_completed: known('interview_completed'),
  mock_interview_completed: known('mock_interview_completed'),
};

function known(type: ProducedEventType): CataloguedEvent {
  const { eventName, data } = CATALOGUE[type];
  return { eventName, data: fieldType(data) };
}
