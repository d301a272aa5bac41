import { CloudEvent, HTTP, Kafka } from 'cloudevents';

/** One event as an SDK writes it, to be sent unchanged. */
export interface ProducerMessage {
  /** The form that the SDK chose. */
  readonly form: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The event that every SDK gets. Its subject is not read. */
export interface ProducerEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly organizationid: string;
}

/**
 * The event as the JavaScript SDK writes it for HTTP, in each mode, with the data in each form that the SDK
 * accepts.
 */
export function javaScriptMessages(event: ProducerEvent, data: object): ProducerMessage[] {
  const text = JSON.stringify(data);
  const forms = [
    { form: 'an object', data },
    { form: 'an object, as +json', data, datacontenttype: 'application/vnd.skillora+json' },
    { form: 'bytes', data: new TextEncoder().encode(text), datacontenttype: 'application/json' },
    { form: 'a Buffer', data: Buffer.from(text), datacontenttype: 'application/json' },
    { form: 'bytes of no type', data: Buffer.from(text) },
  ];
  return forms.flatMap(({ form, ...members }) =>
    (['structured', 'binary'] as const).map((mode): ProducerMessage => {
      const { headers, body } = HTTP[mode](new CloudEvent<unknown>({ ...event, ...members }));
      return { form: `${mode}, ${form}`, headers: textHeaders(headers), body: bodyBytes(body) };
    }),
  );
}

/** The event as the JavaScript SDK writes it for Kafka, in each mode, as a caller of kafkajs passes it on. */
export function javaScriptRecords(event: ProducerEvent, data: object): ProducerMessage[] {
  return (['structured', 'binary'] as const).map((mode): ProducerMessage => {
    const { headers, value } = Kafka[mode](new CloudEvent<unknown>({ ...event, data }));
    return { form: mode, headers: textHeaders(headers), body: bodyBytes(value) };
  });
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

function bodyBytes(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The beginning of both programs, after their imports. */
const BEGINNING = `attributes, data = json.loads(os.environ["EVENT"]), json.loads(os.environ["DATA"])
typed = {**attributes, "datacontenttype": "application/json"}

def show(form, binding, headers, body):
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
    print(json.dumps({"form": form, "binding": binding, "headers": headers, "body": base64.b64encode(body).decode()}))
`;

/**
 * Programs that print, one JSON object a line, how the Python SDK writes the event in the variable EVENT with
 * the data in DATA: `form`, `binding` (`http` or `kafka`), `headers`, and `body` in base64.
 */
export const PYTHON_PROGRAMS = {
  'cloudevents==1.13.0': `
import base64, json, os
from cloudevents import conversion, kafka
from cloudevents.http import CloudEvent

${BEGINNING}
for what, event in {
    "a dict": CloudEvent(attributes, data),
    "a dict, typed": CloudEvent(typed, data),
    "bytes": CloudEvent(typed, json.dumps(data).encode()),
}.items():
    show(f"structured, {what}", "http", *conversion.to_structured(event))
    show(f"binary, {what}", "http", *conversion.to_binary(event))
    message = kafka.to_structured(event, key_mapper=lambda event: event["organizationid"])
    show(f"structured, {what}", "kafka", message.headers, message.value)
message = kafka.to_binary(CloudEvent(typed, data), key_mapper=lambda event: event["organizationid"])
show("binary, a dict", "kafka", message.headers, message.value)
`,
  'cloudevents==2.2.0': `
import base64, json, os
from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

${BEGINNING}
for what, event in {
    "a dict": CloudEvent(attributes=attributes, data=data),
    "a dict, typed": CloudEvent(attributes=typed, data=data),
    "bytes": CloudEvent(attributes=typed, data=json.dumps(data).encode()),
    "bytes of no type": CloudEvent(attributes=attributes, data=json.dumps(data).encode()),
}.items():
    for mode in ("structured", "binary"):
        message = getattr(http, f"to_{mode}")(event, JSONFormat())
        show(f"{mode}, {what}", "http", message.headers, message.body)
        message = getattr(kafka, f"to_{mode}")(event, JSONFormat())
        show(f"{mode}, {what}", "kafka", message.headers, message.value)
`,
} as const;
