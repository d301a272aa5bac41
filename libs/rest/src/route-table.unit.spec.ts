import { RouteTable } from './route-table.js';

describe('the route table', () => {
  const routes = new RouteTable();
  routes.add('/api/v1/things/', ['GET', 'HEAD']);
  routes.add('/api/v1/things/', 'POST');
  routes.add('/api/v1/things/:id/', 'GET');

  it.each([
    ['/api/v1/things', ['GET', 'HEAD', 'OPTIONS', 'POST']],
    ['/api/v1/things/', ['GET', 'HEAD', 'OPTIONS', 'POST']],
    ['/api/v1/things/7', ['GET', 'OPTIONS']],
    ['/api/v1/things/7/', ['GET', 'OPTIONS']],
    ['/api/v1/things/7/parts/', []],
    ['/api/v1/thing', []],
    ['/', []],
  ])('knows what %s answers', (path, methods) => expect(routes.methodsOf(path)).toEqual(methods));
});
