import { type LookupAddress, Resolver as DnsClient } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { type AddressFamily, addressFamilies } from './address-families.js';
import { BurstLimit } from './burst-limit.js';
import type { Resolver } from './guarded-lookup.js';
import { parseHostsFile } from './hosts-file.js';

export interface NameResolverOptions {
  /** Name servers to use instead of the system's, as `address:port`. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  /**
   * How long a name server gets for its first answer, ms; each of two further tries takes twice as long as
   * the one before.
   */
  readonly firstTryMs?: number;
  /** The address families to ask for; by default those of the machine. */
  readonly families?: readonly AddressFamily[];
}

/** How many addresses of a family are used, of those that a name has: each is judged before a connection. */
const ADDRESSES_OF_A_FAMILY = 16;
const FIRST_TRY_MS = 1_000;
const TRIES = 3;
/**
 * How long to wait for the other family once there are addresses of one, ms: some name servers drop questions
 * for IPv6.
 */
const LAGGARD_MS = 250;
/**
 * How many names are asked for in one turn of the event loop: more would overflow a name server's default
 * socket buffer.
 */
const NAMES_PER_TURN = 32;
/** How often the machine's files and addresses are checked for changes, ms. */
const SYSTEM_KEPT_MS = 5_000;
const HOSTS_FILE = '/etc/hosts';
const RESOLV_CONF = '/etc/resolv.conf';

/**
 * Resolves names by direct questions to the system's name servers, any number at a time. `dns.lookup` calls
 * the C library in libuv's thread pool, where at most two lookups run at once. So two names with silent name
 * servers would delay every connection of the process, for as long as their owners like.
 *
 * The hosts file comes first; `localhost` and names below it are the loopback (RFC 6761, 6.3). Every other
 * name is complete: search domains are not tried, because they would lead customers' names into our own
 * network. Nothing is cached, but concurrent callers for one name share the answer.
 *
 * Addresses come by family, in the order of {@link addressFamilies}: usually IPv4 first. It fails with
 * ENOTFOUND if the name does not exist or has no address, and with ESERVFAIL or ETIMEOUT if no name server
 * could answer.
 */
export function createNameResolver(options: NameResolverOptions = {}): Resolver {
  const asked = new Map<string, Promise<LookupAddress[]>>();
  const system = new System(options);
  const burst = new BurstLimit(NAMES_PER_TURN);

  const resolve = async (name: string): Promise<LookupAddress[]> => {
    const { hosts, dnsClient, families } = system.now();
    const known = hosts.get(name) ?? (isLocalhost(name) ? LOOPBACK : null);
    if (known) return ofFamilies(known, families);
    await burst.pass();
    return askFor(name, dnsClient, families);
  };

  return (hostname, { family }, callback) => {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    let answer = asked.get(name);
    if (!answer) {
      answer = resolve(name).finally(() => asked.delete(name));
      asked.set(name, answer);
    }
    const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0);
    answer.then(
      (addresses) =>
        callback(
          null,
          addresses.filter((address) => wanted === 0 || address.family === wanted),
        ),
      (error: unknown) => callback(error as NodeJS.ErrnoException, []),
    );
  };
}

const LOOPBACK = ['127.0.0.1', '::1'] as const;

function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/** The addresses of the families; all addresses if there are none of these families. */
function ofFamilies(known: readonly string[], families: readonly AddressFamily[]): LookupAddress[] {
  const addresses = known.map((address) => ({ address, family: isIP(address) as AddressFamily }));
  const reachable = addresses.filter(({ family }) => families.includes(family));
  return reachable.length > 0 ? reachable : addresses;
}

interface SystemNames {
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly dnsClient: DnsClient;
  readonly families: readonly AddressFamily[];
}

/** The machine's configuration for names: its hosts file, its name servers, its addresses. */
class System {
  private lookedAt = -Infinity;
  private hostsText: string | null = null;
  private resolvConf: string | null = null;
  private hosts: ReadonlyMap<string, readonly string[]> = new Map();
  private dnsClient!: DnsClient;
  private families: readonly AddressFamily[] = [];

  constructor(private readonly options: NameResolverOptions) {}

  now(): SystemNames {
    if (performance.now() - this.lookedAt >= SYSTEM_KEPT_MS) this.look();
    return { hosts: this.hosts, dnsClient: this.dnsClient, families: this.families };
  }

  private look(): void {
    this.lookedAt = performance.now();
    const { hostsFile = HOSTS_FILE, families, servers, firstTryMs = FIRST_TRY_MS } = this.options;
    const hostsText = textOf(hostsFile);
    if (hostsText !== this.hostsText) this.hosts = parseHostsFile(hostsText);
    this.hostsText = hostsText;
    const resolvConf = textOf(RESOLV_CONF);
    if (resolvConf !== this.resolvConf) {
      // A client reads the file once, when it is created.
      this.dnsClient = new DnsClient({ timeout: firstTryMs, tries: TRIES });
      if (servers) this.dnsClient.setServers(servers);
    }
    this.resolvConf = resolvConf;
    this.families = families ?? addressFamilies(networkInterfaces());
  }
}

/** A file's text; empty if it cannot be read, as with the system's own reader. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Asks for the addresses of all families at once. */
async function askFor(
  name: string,
  dnsClient: DnsClient,
  families: readonly AddressFamily[],
): Promise<LookupAddress[]> {
  const answers = new Map<AddressFamily, LookupAddress[]>();
  const questions = families.map(async (family) => answers.set(family, await ask(name, dnsClient, family)));
  try {
    await Promise.any(questions);
  } catch (error) {
    const { errors } = error as { errors: NodeJS.ErrnoException[] };
    throw errors.find(({ code }) => code !== 'ENOTFOUND') ?? unresolved(name, { code: 'ENOTFOUND' });
  }
  await Promise.race([Promise.allSettled(questions), delay(LAGGARD_MS, undefined, { ref: false })]);
  return families.flatMap((family) => answers.get(family) ?? []);
}

function ask(name: string, dnsClient: DnsClient, family: AddressFamily): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    const answered = (error: NodeJS.ErrnoException | null, addresses: string[]): void => {
      if (error) reject(unresolved(name, error));
      else resolve(addresses.slice(0, ADDRESSES_OF_A_FAMILY).map((address) => ({ address, family })));
    };
    if (family === 4) dnsClient.resolve4(name, answered);
    else dnsClient.resolve6(name, answered);
  });
}

const NO_SUCH_NAME: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/** An error with one of three codes: a name server's own error would look like a failure of the receiver. */
function unresolved(name: string, { code }: { readonly code?: string | undefined }): NodeJS.ErrnoException {
  const [ours, what] = NO_SUCH_NAME.has(code)
    ? ['ENOTFOUND', 'has no address']
    : [code === 'ETIMEOUT' ? code : 'ESERVFAIL', `could not be looked up (${code ?? 'unknown'})`];
  return Object.assign(new Error(`${name} ${what}`), { code: ours });
}
