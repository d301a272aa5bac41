import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  contains,
  IPV4_OTHER_FORBIDDEN,
  IPV4_SPECIAL_PURPOSE_REGISTRY,
  IPV6_GLOBAL_UNICAST,
  IPV6_OTHER_FORBIDDEN,
  IPV6_SPECIAL_PURPOSE_REGISTRY,
  parseAddress,
  rangeOf,
  type SpecialPurposeBlock,
} from '@skillora/egress';
import { parse, parseAllDocuments } from 'yaml';

const repository = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const file = (path: string): string => readFileSync(repository(path), 'utf8');

/** The settings that `.env.example` tells of. */
const documented = new Set(
  [...file('.env.example').matchAll(/^#?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name),
);
const unknownSettings = (names: Iterable<string>): string[] =>
  [...names].filter((name) => !documented.has(name) && !documented.has(name.replace(/_FILE$/, '')));

/** `name:version@sha256:…`: people read the version, the container runtime obeys the digest. */
const PINNED_IMAGE = /^[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)*@sha256:[0-9a-f]{64}$/;

const baseOfDockerfile = (): string | undefined =>
  /^ARG BASE_IMAGE=(.*)$/m.exec(file('deploy/Dockerfile'))?.[1];

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly args: Record<string, string> };
  readonly pull_policy?: string;
  readonly command?: string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
  readonly cap_drop?: string[];
  readonly environment?: Record<string, unknown>;
  readonly ports?: string[];
  readonly deploy?: { readonly replicas: number };
  readonly depends_on?: Record<string, { condition: string }>;
  readonly volumes?: string[];
  readonly networks?: string[];
  readonly network_mode?: string;
}

describe('docker-compose.yml', () => {
  const { services, networks } = parse(file('docker-compose.yml'), { merge: true }) as {
    services: Record<string, ComposeService>;
    networks: Record<string, { internal?: boolean } | null>;
  };
  const ours = Object.entries(services).filter(([, { image }]) => image === 'skillora-webhooks');
  const engines = Object.entries(services).filter(([, { image }]) => image !== 'skillora-webhooks');

  it('brings up the engines, the three services, and two dispatchers', () => {
    expect(engines).toHaveLength(2);
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining([
        'postgres',
        'kafka',
        'endpoint-registry',
        'event-ingest',
        'dispatcher',
        'migrate',
      ]),
    );
    expect(services['dispatcher']?.deploy?.replicas).toBe(2);
  });

  it('names what it pulls by exact version and digest, so that no later push changes what runs', () => {
    const pulled = [
      ...engines.map(([, { image }]) => image),
      ...Object.values(services).flatMap(({ build }) => build?.args['BASE_IMAGE'] ?? []),
    ].map((image) => /^\$\{([A-Z]+_IMAGE):-(.+)\}$/.exec(image)?.slice(1) ?? ['', image]);
    // Each may be given by the operator instead.
    expect(pulled.map(([variable]) => variable)).toEqual(['POSTGRES_IMAGE', 'KAFKA_IMAGE', 'BASE_IMAGE']);
    for (const [, image] of pulled) expect(image).toMatch(PINNED_IMAGE);
    // The image is built on the same base without compose.
    expect(pulled.at(-1)?.[1]).toBe(baseOfDockerfile());
  });

  it('needs no other step: every variable it takes from outside has a default', () => {
    for (const [, name, operator] of file('docker-compose.yml').matchAll(/\$\{([A-Z0-9_]+)(:[-?])?/g)) {
      expect([name, operator]).toEqual([name, ':-']);
    }
  });

  it('starts the services once schema, topics and key are there', () => {
    for (const name of ['endpoint-registry', 'event-ingest', 'dispatcher']) {
      expect(services[name]?.depends_on?.['migrate']?.condition).toBe('service_completed_successfully');
    }
    expect(services['migrate']?.depends_on?.['postgres']?.condition).toBe('service_healthy');
  });

  it('builds its image once, for all, and looks for it in no registry', () => {
    const builders = ours.filter(([, { build }]) => build !== undefined);
    expect(builders.map(([name, { pull_policy }]) => [name, pull_policy])).toEqual([['secrets', 'build']]);
    for (const [name, { pull_policy, depends_on }] of ours) {
      if (name === 'secrets') continue;
      expect([name, pull_policy]).toEqual([name, 'never']);
      // Whatever is started alone brings the builder along.
      expect(Object.keys(depends_on ?? {})).toContain(name === 'migrate' ? 'secrets' : 'migrate');
    }
  });

  it('gives services the time in which they drain', () => {
    for (const name of ['endpoint-registry', 'event-ingest', 'dispatcher']) {
      expect(parseInt(services[name]?.stop_grace_period ?? '', 10)).toBeGreaterThan(30);
    }
  });

  it('publishes API and intake to this machine alone, unless another address is given, and nothing else', () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    expect(published).toEqual([
      ['endpoint-registry', '${LISTEN_ADDRESS:-127.0.0.1}:3000:3000'],
      ['event-ingest', '${LISTEN_ADDRESS:-127.0.0.1}:3001:3001'],
    ]);
  });

  it('gives the key of secrets to those who open secrets, and not to event-ingest', () => {
    const withKey = Object.entries(services)
      .filter(
        ([, { volumes = [], environment = {} }]) =>
          volumes.some((volume) => volume.startsWith('secrets:')) ||
          Object.keys(environment).some((name) => name.startsWith('SECRETS_KEY')),
      )
      .map(([name]) => name);
    expect(withKey.toSorted()).toEqual(['dispatcher', 'endpoint-registry', 'secrets']);
  });

  it('keeps broker and database in a network without a way out, which the services alone share', () => {
    expect(networks).toEqual({ inside: { internal: true }, outside: null });
    const found = Object.entries(services).map(([name, { networks: its, network_mode }]) => [
      name,
      its ?? network_mode,
    ]);
    expect(Object.fromEntries(found)).toEqual({
      postgres: ['inside'],
      kafka: ['inside'],
      migrate: ['inside'],
      secrets: 'none',
      'endpoint-registry': ['inside', 'outside'],
      'event-ingest': ['inside', 'outside'],
      dispatcher: ['inside', 'outside'],
    });
  });

  it('gives containers of ours nothing to write to and no rights', () => {
    for (const [, { read_only, cap_drop }] of ours) expect([read_only, cap_drop]).toEqual([true, ['ALL']]);
  });

  it('publishes what clients use, and no management port', () => {
    const published = ours.flatMap(([name, { ports = [] }]) =>
      ports.map((each) => [name, each.split(':').at(-1)]),
    );
    expect(published).toEqual([
      ['endpoint-registry', '3000'],
      ['event-ingest', '3001'],
    ]);
  });

  it('sets nothing that is no setting', () => {
    for (const [, { environment = {} }] of ours)
      expect(unknownSettings(Object.keys(environment))).toEqual([]);
  });

  it('runs scripts that there are', () => {
    const scripts = ours.flatMap(([, { command = [] }]) => command.filter((word) => word.endsWith('.js')));
    expect(scripts.length).toBeGreaterThanOrEqual(4);
    for (const script of scripts) {
      expect(existsSync(repository(script.replace('/dist/', '/src/').replace(/\.js$/, '.ts')))).toBe(true);
    }
  });
});

describe('deploy/Dockerfile', () => {
  it('builds each stage on the one base, which it names by exact version and digest', () => {
    const bases = [...file('deploy/Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(bases).toEqual(['${BASE_IMAGE}', '${BASE_IMAGE}']);
    expect(baseOfDockerfile()).toMatch(PINNED_IMAGE);
  });
});

/**
 * Helm, where it is installed. `go install helm.sh/helm/v3/cmd/helm@latest` puts it into the second place.
 */
const helm = ['helm', join(homedir(), 'go', 'bin', 'helm')].find(
  (program) => spawnSync(program, ['version']).status === 0,
);
const withHelm = helm === undefined ? describe.skip : describe;

const CHART = 'deploy/helm/skillora-webhooks';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Record<string, never>;
}

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Record<string, unknown>;
  readonly volumes?: {
    readonly name: string;
    readonly configMap?: { readonly items: { key: string; path: string }[] };
    readonly secret?: { readonly items: { key: string; path: string }[] };
  }[];
  readonly containers: {
    readonly image: string;
    readonly volumeMounts?: {
      readonly name: string;
      readonly mountPath: string;
      readonly readOnly: boolean;
    }[];
    readonly securityContext: Record<string, unknown>;
    readonly env: { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
    readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: string[] } } };
    readonly ports?: { readonly name: string; readonly containerPort: number }[];
    readonly livenessProbe?: { readonly httpGet: { readonly path: string; readonly port: string } };
    readonly readinessProbe?: { readonly httpGet: { readonly path: string; readonly port: string } };
  }[];
}

function envOf({ spec }: Manifest): PodSpec['containers'][number]['env'] {
  const pod = (spec as unknown as { template: { spec: PodSpec } }).template.spec;
  return pod.containers[0]?.env ?? [];
}

function render(...settings: string[]): Manifest[] {
  const rendered = execFileSync(
    helm ?? '',
    [
      'template',
      'test',
      repository(CHART),
      '--kube-version',
      '1.30.0',
      ...settings.flatMap((each) => ['--set', each]),
    ],
    { encoding: 'utf8' },
  );
  return parseAllDocuments(rendered)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

withHelm('the Helm chart (skipped without helm)', () => {
  const everything = (): Manifest[] =>
    render('keda.enabled=true', 'serviceMonitor.enabled=true', 'kafka.saslMechanism=scram-sha-512');
  const of = (kind: string): Manifest[] => everything().filter((manifest) => manifest.kind === kind);
  const pods = (): PodSpec[] =>
    [...of('Deployment'), ...of('Job')].map(
      ({ spec }) => (spec as unknown as { template: { spec: PodSpec } }).template.spec,
    );

  it('passes helm lint', () => {
    const { status, stdout } = spawnSync(helm ?? '', ['lint', repository(CHART), '--strict'], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
  });

  it('runs every pod without root, rights, or anything to write to', () => {
    expect(pods()).toHaveLength(4);
    for (const { securityContext, containers, automountServiceAccountToken } of pods()) {
      expect(automountServiceAccountToken).toBe(false);
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  it('takes what is secret by reference alone, and sets nothing that is no setting', () => {
    for (const { name, value, valueFrom } of pods().flatMap(({ containers }) => containers[0]?.env ?? [])) {
      expect(unknownSettings([name])).toEqual([]);
      const isSecret = ['SECRETS_KEY', 'DATABASE_URL', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'].includes(
        name,
      );
      expect([name, valueFrom !== undefined, value === undefined]).toEqual([name, isSecret, isSecret]);
    }
  });

  it('lets clients leave before a pod ends, and waits for what it drains', () => {
    const patient = render('clients.preStopSeconds=20', 'clients.shutdownDelay=10s');
    const found = patient
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata, spec }) => {
        const pod = (spec as unknown as { template: { spec: PodSpec } }).template.spec;
        const [{ lifecycle, env }] = pod.containers as [PodSpec['containers'][number]];
        return [
          metadata.name,
          pod.terminationGracePeriodSeconds,
          lifecycle?.preStop.exec.command,
          env.find(({ name }) => name === 'SHUTDOWN_DELAY')?.value,
          env.find(({ name }) => name === 'KEEP_ALIVE_TIMEOUT')?.value,
        ];
      });
    const waits = ['node', '-e', 'setTimeout(() => undefined, 20e3)'];
    expect(found).toEqual([
      ['test-endpoint-registry', 55, waits, '10s', '75s'],
      ['test-event-ingest', 55, waits, '10s', '75s'],
      ['test-dispatcher', 35, undefined, undefined, undefined],
    ]);
  });

  it('asks whether a service is ready of its parts, and whether it lives of itself', () => {
    const services = pods().filter(({ containers }) => containers[0]?.livenessProbe);
    expect(services).toHaveLength(3);
    for (const { containers } of services) {
      const [container] = containers;
      // Of a port that no flood of clients can fill.
      expect(container?.livenessProbe?.httpGet).toEqual({ path: '/health/live', port: 'management' });
      expect(container?.readinessProbe?.httpGet).toEqual({ path: '/health/ready', port: 'management' });
    }
    expect(of('PodDisruptionBudget')).toHaveLength(3);
  });

  it('tells the API, and no other service, the address that its links begin with', () => {
    const told = (...settings: string[]) =>
      render(...settings)
        .filter((manifest) => JSON.stringify(manifest).includes('PUBLIC_URL'))
        .map((manifest) => [
          manifest.metadata.name,
          JSON.stringify(manifest).includes('{"name":"PUBLIC_URL","value":"https://api.example.com"}'),
        ]);
    expect(told('publicUrl=https://api.example.com')).toEqual([['test-endpoint-registry', true]]);
    expect(told()).toEqual([]);
  });

  it('has the management ports scraped, and lets no caller to them', () => {
    const ports = pods().flatMap(({ containers }) =>
      (containers[0]?.ports ?? []).map(({ name, containerPort }) => [name, containerPort]),
    );
    expect(ports).toEqual([
      ['http', 3000],
      ['management', 3100],
      ['http', 3001],
      ['management', 3101],
      ['management', 3002],
    ]);
    const services = of('Service').map(({ metadata, spec }) => [
      metadata.name,
      (spec as unknown as { ports: { name: string }[] }).ports.map(({ name }) => name).join(),
    ]);
    expect(services).toEqual([
      ['test-endpoint-registry', 'http'],
      ['test-endpoint-registry-management', 'management'],
      ['test-event-ingest', 'http'],
      ['test-event-ingest-management', 'management'],
      ['test-dispatcher', 'management'],
    ]);
    expect(JSON.stringify(of('ServiceMonitor')).match(/"port":"\w+"/g)).toEqual(
      Array(3).fill('"port":"management"'),
    );
    const letIn = of('NetworkPolicy').map(({ metadata, spec }) => [
      metadata.name,
      (
        (spec as unknown as { ingress: { from: object[]; ports: { port: number }[] }[] | null }).ingress ?? []
      ).map(({ from, ports: some }) => [JSON.stringify(from).includes('monitoring'), some[0]?.port]),
    ]);
    expect(Object.fromEntries(letIn)).toEqual({
      'test-endpoint-registry': [
        [true, 3100],
        [false, 3000],
      ],
      'test-event-ingest': [
        [true, 3101],
        [false, 3001],
      ],
      'test-dispatcher': [[true, 3002]],
      'test-migrate': [],
    });
  });

  it('lets dispatchers alone reach the internet, and nothing inside', () => {
    const policies = of('NetworkPolicy').map(({ metadata, spec }) => ({
      name: metadata.name,
      blocks: (
        spec as unknown as { egress: { to: { ipBlock?: { cidr: string; except: string[] } }[] }[] }
      ).egress
        .flatMap(({ to }) => to)
        .flatMap(({ ipBlock }) => ipBlock ?? []),
    }));
    expect(policies).toHaveLength(4);
    for (const { name, blocks } of policies) {
      if (name !== 'test-dispatcher') expect([name, blocks]).toEqual([name, []]);
      else {
        // Unique-local and link-local addresses lie outside of global unicast.
        expect(blocks.map(({ cidr }) => cidr)).toEqual(['0.0.0.0/0', '2000::/3', '64:ff9b::/96']);
        for (const inside of ['10.0.0.0/8', '169.254.0.0/16', '127.0.0.0/8', '100.64.0.0/10'])
          expect(blocks[0]?.except).toContain(inside);
        expect(blocks[1]?.except).toContain('2002::/16');
        expect(blocks[2]?.except).toContain('64:ff9b::a00:0/104');
      }
    }
  });

  it('names a collector to the services, and lets them reach it, where there is one', () => {
    const traced = render('tracing.endpoint=http://collector.monitoring:4318');
    const texts = (manifests: Manifest[], kind: string) =>
      manifests.filter((manifest) => manifest.kind === kind).map((manifest) => JSON.stringify(manifest));
    const count = (all: string[], what: string) => all.filter((text) => text.includes(what)).length;
    const variable = 'OTEL_EXPORTER_OTLP_ENDPOINT';
    expect(count(texts(traced, 'Deployment'), variable)).toBe(3);
    expect(count(texts(traced, 'NetworkPolicy'), '"port":4318')).toBe(3);
    expect(count(texts(render(), 'Deployment'), variable)).toBe(0);
    expect(count(texts(render(), 'NetworkPolicy'), '"port":4318')).toBe(0);
  });

  it('mounts the authorities of targets where dispatchers look for them, out of a ConfigMap or a Secret', () => {
    const podsOf = (...settings: string[]) =>
      Object.fromEntries(
        render(...settings)
          .filter(({ kind }) => kind === 'Deployment')
          .map(({ metadata, spec }) => [
            metadata.name,
            (spec as unknown as { template: { spec: PodSpec } }).template.spec,
          ]),
      );
    const items = [{ key: 'roots.pem', path: 'roots.pem' }];
    for (const [from, volume] of [
      ['configMap', { name: 'target-ca', configMap: { name: 'ours', items } }],
      ['secret', { name: 'target-ca', secret: { secretName: 'ours', items } }],
    ] as const) {
      const pods = podsOf(`targetCa.${from}=ours`, 'targetCa.key=roots.pem');
      expect(pods['test-dispatcher']).toMatchObject({
        volumes: [volume],
        containers: [
          {
            env: expect.arrayContaining([
              { name: 'TARGET_CA_FILE', value: '/etc/skillora/target-ca/roots.pem' },
            ]),
            volumeMounts: [{ name: 'target-ca', mountPath: '/etc/skillora/target-ca', readOnly: true }],
          },
        ],
      });
      for (const other of ['test-event-ingest', 'test-endpoint-registry'])
        expect(JSON.stringify(pods[other])).not.toContain('target-ca');
    }
    expect(JSON.stringify(podsOf())).not.toContain('target-ca');
    expect(() => podsOf('targetCa.configMap=one', 'targetCa.secret=two')).toThrow(/not both/);
  });

  it('names its image by digest where one is given, so that no later push changes what runs', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const images = (...settings: string[]) =>
      new Set(
        render(...settings)
          .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
          .map(
            ({ spec }) =>
              (spec as unknown as { template: { spec: PodSpec } }).template.spec.containers[0]?.image,
          ),
      );
    expect(images(`image.digest=${digest}`, 'image.repository=registry.example/webhooks')).toEqual(
      new Set([`registry.example/webhooks@${digest}`]),
    );
    expect(images('image.tag=1.2.3')).toEqual(new Set(['skillora-webhooks:1.2.3']));
    expect(() => render('image.digest=latest')).toThrow(/image\.digest/);
  });

  it('keeps everything from the addresses that the operator forbids: by setting and by network policy', () => {
    const rendered = render('forbiddenTargets={198.17.0.0/24,2a00:db8:7::/48}');
    for (const name of ['test-endpoint-registry', 'test-dispatcher']) {
      const [deployment] = rendered.filter(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === name,
      );
      expect(envOf(deployment!)).toContainEqual({
        name: 'FORBIDDEN_TARGET_CIDRS',
        value: '198.17.0.0/24,2a00:db8:7::/48',
      });
    }
    const [policy] = rendered.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'test-dispatcher',
    );
    const blocks = (
      policy?.spec as unknown as { egress: { to: { ipBlock?: { cidr: string; except: string[] } }[] }[] }
    ).egress.flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock ?? []));
    expect(blocks.find(({ cidr }) => cidr === '0.0.0.0/0')?.except).toContain('198.17.0.0/24');
    expect(blocks.find(({ cidr }) => cidr === '2000::/3')?.except).toContain('2a00:db8:7::/48');
    expect(JSON.stringify(render())).not.toContain('FORBIDDEN_TARGET_CIDRS');
  });

  it('mounts the authorities of brokers and database, and a client certificate, where each part reads them', () => {
    const manifests = render(
      'kafka.ca.configMap=brokers',
      'kafka.clientCertificate.secret=client',
      'postgres.ca.secret=database',
      'postgres.ca.key=root.pem',
    ).filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
    const kafka = {
      KAFKA_SSL_CA: '/etc/skillora/kafka-ca/ca.crt',
      KAFKA_SSL_CERT: '/etc/skillora/kafka-client/tls.crt',
      KAFKA_SSL_KEY: '/etc/skillora/kafka-client/tls.key',
    };
    const database = { DATABASE_CA: '/etc/skillora/postgres-ca/root.pem' };
    const expected: Record<string, Record<string, string>> = {
      'test-endpoint-registry': { ...kafka, ...database },
      'test-migrate': { ...kafka, ...database },
      'test-event-ingest': kafka,
      'test-dispatcher': kafka,
    };
    expect(manifests).toHaveLength(4);
    for (const manifest of manifests) {
      const { spec } = (manifest.spec as unknown as { template: { spec: PodSpec } }).template;
      const files = envOf(manifest).filter(({ value }) => value?.startsWith('/etc/skillora/'));
      expect(Object.fromEntries(files.map(({ name, value }) => [name, value]))).toEqual(
        expected[manifest.metadata.name],
      );
      // Each file lies in a mounted volume that has it.
      for (const { value = '' } of files) {
        const [, , , volumeName, key] = value.split('/');
        const [{ volumeMounts }] = spec.containers as [PodSpec['containers'][number]];
        expect(volumeMounts).toContainEqual({
          name: volumeName,
          mountPath: `/etc/skillora/${volumeName}`,
          readOnly: true,
        });
        const volume = spec.volumes?.find(({ name }) => name === volumeName);
        expect((volume?.configMap ?? volume?.secret)?.items).toContainEqual({ key, path: key });
      }
    }
    expect(() => render('kafka.ca.configMap=one', 'kafka.ca.secret=two')).toThrow(/kafka\.ca: .*not both/);
    expect(() => render('postgres.ca.configMap=one', 'postgres.ca.secret=two')).toThrow(
      /postgres\.ca: .*not both/,
    );
    expect(JSON.stringify(render())).not.toContain('/etc/skillora/');
  });

  it('leaves the number of dispatchers to KEDA where it scales them, on the group and topic that there are', () => {
    const dispatcher = (manifests: Manifest[]) =>
      manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'test-dispatcher')
        ?.spec;
    expect(dispatcher(everything())).not.toHaveProperty('replicas');
    expect(dispatcher(render())).toHaveProperty('replicas', 2);
    expect(JSON.stringify(of('ScaledObject'))).toContain(
      '"consumerGroup":"deliver","topic":"webhook.deliveries"',
    );
    const withHops = (isOneHop: boolean) =>
      JSON.stringify(render('keda.enabled=true', `settings.ONE_HOP=${isOneHop}`));
    expect(withHops(true)).toContain('"consumerGroup":"deliver","topic":"webhook.events"');
    expect(withHops(false)).not.toContain('"topic":"webhook.events"');
  });
});

/** The blocks that lie in no other of them: all that a network policy has to name. */
function widest(blocks: readonly SpecialPurposeBlock[]): string[] {
  const ranges = blocks.map(({ block }) => ({ block, ...rangeOf({ block }) }));
  return ranges
    .filter(
      ({ network, prefixLength }) =>
        !ranges.some((other) => other.prefixLength < prefixLength && contains(other, network)),
    )
    .map(({ block }) => block);
}

describe('the chart', () => {
  it('is of the version that the project is', () => {
    const { version } = JSON.parse(file('package.json')) as { version: string };
    expect(parse(file(`${CHART}/Chart.yaml`))).toMatchObject({ version, appVersion: version });
  });

  it('keeps dispatchers from the very addresses that libs/egress refuses, and from no others', () => {
    const { networkPolicy } = parse(file(`${CHART}/values.yaml`)) as {
      networkPolicy: { blockedIPv4: string[]; blockedIPv6: string[]; blockedNat64: string[] };
    };
    const refused = widest([...IPV4_SPECIAL_PURPOSE_REGISTRY, ...IPV4_OTHER_FORBIDDEN]);
    expect(networkPolicy.blockedIPv4.toSorted()).toEqual(refused.toSorted());
    // The policy lets out to 2000::/3 alone.
    const globalUnicast = rangeOf({ block: IPV6_GLOBAL_UNICAST });
    const refusedOfIPv6 = widest([...IPV6_SPECIAL_PURPOSE_REGISTRY, ...IPV6_OTHER_FORBIDDEN]).filter(
      (block) => contains(globalUnicast, rangeOf({ block }).network),
    );
    expect(networkPolicy.blockedIPv6.toSorted()).toEqual(refusedOfIPv6.toSorted());
    // An address of NAT64 is judged by the IPv4 address that it carries, in its last 32 bits (RFC 6052).
    const carried = refused.map((block) => {
      const { network, prefixLength } = rangeOf({ block });
      return `${parseAddress(`64:ff9b::${network.toString()}`)?.toString()}/${96 + prefixLength}`;
    });
    expect(networkPolicy.blockedNat64.toSorted()).toEqual(carried.toSorted());
  });

  it('sets by default nothing that is no setting', () => {
    const { settings } = parse(file(`${CHART}/values.yaml`)) as { settings: Record<string, string> };
    expect(unknownSettings(Object.keys(settings))).toEqual([]);
    expect(readdirSync(repository(`${CHART}/templates`)).length).toBeGreaterThan(5);
  });
});
