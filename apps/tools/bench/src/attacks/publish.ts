import { ask, type Attacker } from './attack.js';

/** Publishes over HTTP as the attacker. @returns the answer. */
export function publish(
  attacker: Attacker,
  body: string | Buffer,
  contentType: 'application/cloudevents+json' | 'application/cloudevents-batch+json',
): Promise<string> {
  const url = `${attacker.address.ingest}/api/v1/interview-completions/`;
  return ask(attacker, url, { method: 'POST', body, contentType });
}
