import { pageFile } from './page-file.js';

describe('a path of the dashboard', () => {
  it('is the page itself, wherever in it', () => {
    for (const path of [
      '',
      'deliveries',
      'deliveries/42/',
      'assets',
      '../../etc/passwd',
      'assets/../index.html',
    ]) {
      expect(pageFile(path)).toEqual({ path: 'index.html', immutable: false });
    }
  });

  it('of an asset is a file that never changes', () => {
    expect(pageFile('assets/index-B1cdiq0s.js')).toEqual({
      path: 'assets/index-B1cdiq0s.js',
      immutable: true,
    });
  });
});
