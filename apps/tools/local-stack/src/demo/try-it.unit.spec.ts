import { execFileSync } from 'node:child_process';

import { stepsToTry } from './try-it.js';

const shell = (script: string): string => execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });

const steps = stepsToTry({
  apiUrl: 'http://127.0.0.1:3000',
  ingestUrl: 'http://127.0.0.1:3001',
  token: 'sk_a-token',
  organizationId: '6b1d9c9e-2f0a-4b52-9d1c-0c6a3a5e8f11',
  demo: { endpointId: 'E', eventId: 'V', deliveryId: 'D', receiverUrl: 'http://127.0.0.1:4000' },
});

/** What curl would have been given, one argument a line, when a command is pasted into a shell. */
const argumentsOf = (command: string): string[] =>
  shell(`curl() { for argument in "$@"; do printf '%s\\n' "$argument"; done; }\n${command}`)
    .trimEnd()
    .split('\n');

describe('the commands to try', () => {
  it('are whole when pasted into a POSIX shell, each with the token where it is needed', () => {
    for (const { title, command } of steps) {
      const given = argumentsOf(command);
      const url = given.find((argument) => argument.startsWith('http://127.0.0.1'));
      expect([title, url]).toEqual([title, expect.any(String)]);
      if (url!.includes('/api/v1/')) expect(given).toContain('Authorization: Bearer sk_a-token');
    }
  });

  it('publish a CloudEvent of this moment with an id of its own', () => {
    const { command } = steps.find(({ title }) => title.startsWith('Publish'))!;
    const given = argumentsOf(command);
    const event = JSON.parse(given[given.indexOf('-d') + 1]!) as Record<string, string>;
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'interview_completed',
      organizationid: '6b1d9c9e-2f0a-4b52-9d1c-0c6a3a5e8f11',
    });
    expect(Math.abs(Date.parse(event['time']!) - Date.now())).toBeLessThan(60_000);
    expect(given).toContain('Content-Type: application/cloudevents+json');
  });

  it('find the delivery to retry in the audit’s answer', () => {
    const { command } = steps.find(({ title }) => title.startsWith('Retry'))!;
    const page =
      '{"next":null,"previous":null,"results":[{"id":"the-delivery","event_id":"V","endpoint_id":"E"},{"id":"older"}]}';
    const posted = shell(
      `curl() { case "$*" in */retry/*) printf '%s\\n' "$@";; *) printf '%s' '${page}';; esac; }\n${command}`,
    );
    expect(posted).toContain('http://127.0.0.1:3000/api/v1/webhook-deliveries/the-delivery/retry/');
  });

  it('leave out what needs the demo when there was none', () => {
    const without = stepsToTry({
      apiUrl: 'http://127.0.0.1:3000',
      ingestUrl: 'http://127.0.0.1:3001',
      token: 't',
      organizationId: 'o',
      demo: null,
    });
    expect(without).toHaveLength(3);
  });
});
