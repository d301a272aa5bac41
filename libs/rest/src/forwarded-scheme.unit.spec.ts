import { linkProblem, startProblem } from './forwarded-scheme.js';

describe('links behind a proxy', () => {
  it.each([
    [null, undefined],
    [null, 'http'],
    [null, 'gopher'],
    [null, ''],
    ['https://api.example.com', 'https'],
    ['https://api.example.com', 'HTTPS, http'],
    ['https://api.example.com', undefined],
    ['http://api.example.com', 'http'],
  ])('are right with PUBLIC_URL %s where it says %s', (publicUrl, header) => {
    expect(linkProblem(publicUrl, header)).toBeNull();
  });

  it.each([
    [null, 'https', /use https, but PUBLIC_URL is not set/],
    [null, 'https, http', /PUBLIC_URL is not set/],
    ['http://api.example.com', 'https', /use https, but PUBLIC_URL says otherwise/],
    ['https://api.example.com', 'http', /use http, but PUBLIC_URL says otherwise/],
  ])(
    'are wrong with PUBLIC_URL %s where it says %s, and the log says what to set',
    (publicUrl, header, words) => {
      const problem = linkProblem(publicUrl, header);
      expect(problem).toMatch(words);
      expect(problem).toContain('Set PUBLIC_URL to the address under which clients reach the API');
    },
  );

  it('may be wrong, as is said at the start, where a proxy is named and PUBLIC_URL is not set', () => {
    expect(startProblem(null, ['10.0.0.0/8'])).toContain('Set PUBLIC_URL');
    expect(startProblem(null, [])).toBeNull();
    expect(startProblem('https://api.example.com', ['10.0.0.0/8'])).toBeNull();
  });
});
