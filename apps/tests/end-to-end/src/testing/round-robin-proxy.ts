import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A layer-4 load balancer like Kubernetes' Services: each connection goes to the next server in rotation, and
 * stays there as long as both sides keep it.
 */
export class RoundRobinProxy {
  /** How many connections clients have opened. */
  connections = 0;
  private next = 0;
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private ports: readonly number[],
  ) {
    server.on('connection', (client: Socket) => this.forward(client));
  }

  static async start(ports: readonly number[]): Promise<RoundRobinProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new RoundRobinProxy(server, ports);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** New connections go to these servers from now on; existing ones stay. */
  rotate(ports: readonly number[]): void {
    this.ports = ports;
  }

  /** Ends all connections, and takes none until {@link rotate} names servers again. */
  cut(): void {
    this.ports = [];
    for (const socket of this.open) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private forward(client: Socket): void {
    this.connections += 1;
    const port = this.ports[(this.next += 1) % this.ports.length];
    if (port === undefined) return void client.destroy();
    const instance = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const [one, other] of [
      [client, instance],
      [instance, client],
    ] as const) {
      this.open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.open.delete(one);
        other.destroySoon();
      });
    }
  }
}
