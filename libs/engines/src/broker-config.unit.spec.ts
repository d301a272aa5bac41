import { log4jConfiguration, serverProperties } from './broker-config.js';

describe('the configuration of the embedded broker', () => {
  const properties = new Map(
    serverProperties({ port: 9092, controllerPort: 40_001, logDir: '/data/log segments' })
      .trimEnd()
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

  it('opens every listener on loopback only', () => {
    for (const listener of properties.get('listeners')!.split(',')) {
      expect(listener).toMatch(/^(PLAINTEXT|CONTROLLER):\/\/127\.0\.0\.1:\d+$/);
    }
  });

  it('asks for one replica of every internal topic, as there is one broker', () => {
    const replication = [...properties].filter(([key]) => /replication\.factor$|min\.isr$|insync/.test(key));
    expect(replication).toHaveLength(7);
    for (const [key, value] of replication) expect([key, value]).toEqual([key, '1']);
  });

  it('lets topics be created by request only', () => {
    expect(properties.get('auto.create.topics.enable')).toBe('false');
  });

  it('keeps the log file’s path whole whatever characters it has', () => {
    expect(log4jConfiguration('/a & b/"c"/server.log')).toContain(
      'fileName="/a &amp; b/&quot;c&quot;/server.log"',
    );
  });
});
