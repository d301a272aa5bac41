import type { ClientCredentials } from './request-options.js';
import type { AskedToken } from './token-endpoint.js';
import type { HeldToken } from './token-life.js';
import { Tokens } from './tokens.js';

const ID = 'an endpoint';
const CREDENTIALS: ClientCredentials = {
  tokenUrl: 'https://login.example.com/token',
  clientId: 'hooks',
  clientSecret: 'hush',
  scope: undefined,
  audience: undefined,
};
const SOON = 60_000;

/** A token endpoint whose answers the test gives, and a clock that it sets. */
class Scene {
  now = 0;
  readonly asked: { credentials: ClientCredentials; first: string; answer: (answer: AskedToken) => void }[] =
    [];
  readonly tokens = new Tokens({
    now: () => this.now,
    ask: (credentials, first) =>
      new Promise((answer) => {
        this.asked.push({ credentials, first, answer });
      }),
  });

  of(credentials = CREDENTIALS, withinMs = SOON, asksAnyway = false) {
    return this.tokens.of(ID, credentials, withinMs, asksAnyway);
  }

  /** Answers the newest request. */
  async answer(answer: AskedToken | string): Promise<void> {
    this.asked
      .at(-1)
      ?.answer(
        typeof answer === 'string'
          ? { accessToken: answer, lifeMs: 100_000, authentication: 'header' }
          : answer,
      );
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const scenes: Scene[] = [];
const begun = (): Scene => {
  const scene = new Scene();
  scenes.push(scene);
  return scene;
};

// Nobody waits any more, so that no timer outlives the test.
afterEach(() => {
  for (const { asked } of scenes.splice(0))
    for (const { answer } of asked) answer({ problem: 'It is over.' });
});

const tokenOf = (found: unknown): string => (found as HeldToken).accessToken;

describe('the token of an endpoint', () => {
  it('is asked for once, however many attempts need it, and kept', async () => {
    const scene = begun();
    const waiting = [scene.of(), scene.of(), scene.of()];
    await scene.answer('a');
    expect((await Promise.all(waiting)).map(tokenOf)).toEqual(['a', 'a', 'a']);
    expect(tokenOf(await scene.of({ ...CREDENTIALS }))).toBe('a');
    expect(scene.asked).toHaveLength(1);
  });

  it('is renewed before it ends, and nobody waits', async () => {
    const scene = begun();
    const first = scene.of();
    await scene.answer('a');
    await first;
    scene.now = 85_000;
    expect(tokenOf(await scene.of())).toBe('a');
    expect(tokenOf(await scene.of())).toBe('a');
    expect(scene.asked).toHaveLength(2);
    await scene.answer('b');
    expect(tokenOf(await scene.of())).toBe('b');
  });

  it('is another one for other credentials, which are asked with one request after the other', async () => {
    const scene = begun();
    const former = scene.of();
    const changed = scene.of({ ...CREDENTIALS, clientSecret: 'other' });
    expect(scene.asked).toHaveLength(1);
    await scene.answer('a');
    expect(scene.asked.map(({ credentials }) => credentials.clientSecret)).toEqual(['hush', 'other']);
    await scene.answer('b');
    expect([tokenOf(await former), tokenOf(await changed)]).toEqual(['a', 'b']);
  });

  it('that cannot be had is a problem that attempts share for a moment, unless somebody asked for them', async () => {
    const scene = begun();
    const first = scene.of();
    await scene.answer({ problem: 'No.' });
    expect(await first).toMatchObject({ problem: 'No.' });
    expect(await scene.of()).toMatchObject({ problem: 'No.' });
    expect(scene.asked).toHaveLength(1);
    void scene.of(CREDENTIALS, SOON, true);
    expect(scene.asked).toHaveLength(2);
    await scene.answer({ problem: 'No.' });
    scene.now += 5_000;
    void scene.of();
    expect(scene.asked).toHaveLength(3);
  });

  it('that comes too late for an attempt is there for the next', async () => {
    const scene = begun();
    expect(await scene.of(CREDENTIALS, 1)).toEqual({ problem: expect.stringContaining('in time') });
    await scene.answer('a');
    expect(tokenOf(await scene.of())).toBe('a');
  });

  it('is asked for where the server took the secret last', async () => {
    const scene = begun();
    const first = scene.of();
    await scene.answer({ accessToken: 'a', lifeMs: 1, authentication: 'body' });
    await first;
    scene.now = 10;
    void scene.of();
    expect(scene.asked.map(({ first }) => first)).toEqual(['header', 'body']);
  });

  it('is forgotten after its end', async () => {
    const scene = begun();
    const first = scene.of();
    await scene.answer('a');
    await first;
    scene.now = 200_000;
    void scene.tokens.of('another endpoint', CREDENTIALS, SOON, false);
    expect(scene.tokens.size).toBe(1);
  });
});

describe('a token that the receiver refuses', () => {
  const refuse = (scene: Scene, token: HeldToken) => scene.tokens.afterRefusal(ID, CREDENTIALS, token, SOON);
  const withToken = async (): Promise<{ scene: Scene; token: HeldToken }> => {
    const scene = begun();
    const first = scene.of();
    await scene.answer('a');
    return { scene, token: (await first) as HeldToken };
  };

  it('is replaced by one request, for all attempts that it was refused to', async () => {
    const { scene, token } = await withToken();
    const refused = [refuse(scene, token), refuse(scene, token)];
    const later = scene.of();
    await scene.answer('b');
    expect((await Promise.all([...refused, later])).map(tokenOf)).toEqual(['b', 'b', 'b']);
    expect(tokenOf(await refuse(scene, token))).toBe('b');
    expect(scene.asked).toHaveLength(2);
  });

  it('is not replaced again and again for a receiver that refuses every token', async () => {
    const { scene, token } = await withToken();
    const replaced = refuse(scene, token);
    await scene.answer('b');
    const second = (await replaced) as HeldToken;
    expect(await refuse(scene, second)).toBeNull();
    scene.now = 60_000;
    void refuse(scene, second);
    expect(scene.asked).toHaveLength(3);
  });

  it('is replaced once more after the receiver has taken it', async () => {
    const { scene, token } = await withToken();
    const replaced = refuse(scene, token);
    await scene.answer('b');
    const second = (await replaced) as HeldToken;
    scene.tokens.accepted(ID, second);
    void refuse(scene, second);
    expect(scene.asked).toHaveLength(3);
  });
});
