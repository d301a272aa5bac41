import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');

const { allowScripts, scripts } = JSON.parse(file('package.json')) as {
  allowScripts: Record<string, boolean>;
  scripts: Record<string, string>;
};
const { packages } = JSON.parse(file('package-lock.json')) as {
  packages: Record<string, { hasInstallScript?: boolean }>;
};

describe('scripts of packages', () => {
  it('run on no version of npm when packages are installed', () => {
    // npm 10 knows this setting alone.
    expect(file('.npmrc')).toMatch(/^ignore-scripts=true$/m);
  });

  it('are decided on for every package that has one, so that npm 12 does not ask', () => {
    const withScript = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect(withScript.length).toBeGreaterThan(5);
    for (const name of withScript) expect([name, allowScripts[name]]).toEqual([name, false]);
  });

  it('of ours need none that npm would run before or after them, which this setting switches off too', () => {
    const names = Object.keys(scripts);
    const around = names.flatMap((name) => [`pre${name}`, `post${name}`]);
    expect(around.filter((name) => names.includes(name))).toEqual([]);
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(names).not.toContain(name);
  });
});
