import { parseHostsFile } from './hosts-file.js';

const names = (text: string) => Object.fromEntries(parseHostsFile(text));

describe('a hosts file', () => {
  it('gives each name its addresses, in order', () => {
    const text = '127.0.0.1 localhost loop\n::1\tlocalhost ip6-localhost\n10.0.0.5  Db.Internal\n';
    expect(names(text)).toEqual({
      localhost: ['127.0.0.1', '::1'],
      loop: ['127.0.0.1'],
      'ip6-localhost': ['::1'],
      'db.internal': ['10.0.0.5'],
    });
  });

  it('may have comments, empty lines, other line ends, and lines that are none of its own', () => {
    const text = '# hosts\r\n\r\n  10.0.0.1 a # b\r\nnonsense\r\n10.0.0 c\r\n10.0.0.2\r\n#10.0.0.3 d';
    expect(names(text)).toEqual({ a: ['10.0.0.1'] });
  });
});
