import {
  bodySchemaOf,
  CATALOGUE,
  type EventDefinition,
  type EventType,
  exampleBody,
  type JsonSchema,
  TEST_EVENT_TYPE,
} from '@skillora/contracts';

/** The version of JSON Schema that the schemas are written in. */
export const JSON_SCHEMA = 'https://json-schema.org/draft/2020-12/schema';
const EXAMPLE_TIME = '2024-01-15T14:30:00Z';

/** An event type as the API shows it. */
export interface PresentedEventType {
  readonly name: EventType;
  readonly description: string;
  /** The JSON Schema of the body that receivers get. */
  readonly schema: JsonSchema;
  /** A body of this type. */
  readonly example: ReturnType<typeof exampleBody>;
  readonly version: string;
  /** Whether an endpoint can subscribe to it. */
  readonly subscribable: boolean;
}

/** Every event type that receivers can get. */
export const EVENT_TYPES_SHOWN: readonly PresentedEventType[] = Object.values(CATALOGUE).map(present);

function present(definition: EventDefinition): PresentedEventType {
  const { type, description, version } = definition;
  return {
    name: type,
    description,
    schema: { $schema: JSON_SCHEMA, title: type, ...bodySchemaOf(definition) },
    example: exampleBody(definition, EXAMPLE_TIME),
    version,
    subscribable: type !== TEST_EVENT_TYPE,
  };
}
