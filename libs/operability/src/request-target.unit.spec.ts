import { originForm } from './request-target.js';

it.each([
  ['/api/v1/things/?a=http://b/', '/api/v1/things/?a=http://b/'],
  ['http://api.example:80/api/v1/things/?a=b', '/api/v1/things/?a=b'],
  ['HTTPS://api.example', '/'],
  ['http://api.example?a=b', '/?a=b'],
  ['//elsewhere/api', '//elsewhere/api'],
  ['*', '/*'],
  ['', '/'],
])('the target %j is taken as %j', (target, expected) => expect(originForm(target)).toBe(expected));
