import { clusterProperties, log4jConfiguration, serverProperties } from './broker-config.js';

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

describe('the configuration of a node of the embedded cluster', () => {
  const nodes = [1, 2, 3].map((id) => ({ id, port: 9_000 + id, controllerPort: 9_100 + id }));
  const properties = clusterProperties(nodes[1]!, nodes, '/data/log segments').split('\n');

  it('names all nodes as voters, and itself by its own number and ports', () => {
    expect(properties).toContain(
      'controller.quorum.voters=1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103',
    );
    expect(properties).toContain('node.id=2');
    expect(properties).toContain('listeners=PLAINTEXT://127.0.0.1:9002,CONTROLLER://127.0.0.1:9102');
  });

  it('keeps three replicas of everything, two of them in sync', () => {
    const values = (names: RegExp): string[] =>
      properties.filter((line) => names.test(line)).map((line) => line.slice(line.indexOf('=') + 1));
    expect(values(/replication\.factor=/)).toEqual(['3', '3', '3', '3']);
    expect(values(/min\.isr=|insync/)).toEqual(['2', '2', '2']);
  });

  it('leaves sessions and rebalances as long as Kafka’s defaults make them', () => {
    expect(properties.filter((line) => /session|heartbeat|rebalance/.test(line))).toEqual([]);
  });
});
