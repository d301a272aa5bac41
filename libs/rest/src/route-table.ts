interface Route {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Every path of the service, to tell a wrong method (405) from a wrong path (404). */
export class RouteTable {
  private readonly routes = new Map<string, Route>();

  /** Adds a route by its pattern, for example `/things/:id/`. */
  add(path: string, method: string | string[]): void {
    let route = this.routes.get(path);
    if (!route) {
      const segments = path.replace(/(?<!\/)\/+$/, '').split('/');
      const source = segments
        .map((each) => (each.startsWith(':') ? '[^/]+' : each.replace(/[^\w-]/g, '\\$&')))
        .join('/');
      this.routes.set(path, (route = { pattern: new RegExp(`^${source}/?$`), methods: new Set() }));
    }
    for (const each of [method].flat()) route.methods.add(each.toUpperCase());
  }

  /** The methods of a path, sorted; empty when there is no such path. */
  methodsOf(path: string): string[] {
    const methods = new Set<string>();
    for (const { pattern, methods: some } of this.routes.values()) {
      if (pattern.test(path)) for (const method of some) methods.add(method);
    }
    if (methods.size > 0) methods.add('OPTIONS');
    return [...methods].sort();
  }
}
