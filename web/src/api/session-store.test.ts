import { describe, expect, it, vi } from 'vitest';
import { createSessionStore } from './session-store.ts';
import { FakeApi, problem } from '@/testing/fake-api.ts';
import { owner } from '@/testing/fakes.ts';

const session = (access: string, user = owner) => ({ access, refresh: null, expires_in: 900, user });
const alone = <Result>(task: () => Promise<Result>) => task();
const storeOn = (api: FakeApi, now = () => 0) => createSessionStore({ fetch: api.fetch, exclusive: alone, now });

describe('a session', () => {
  it('is taken up again by the cookie, and keeps nothing where a script could read it', async () => {
    const api = new FakeApi().on('POST', '/auth/refresh', () => session('a1'));
    const store = storeOn(api);
    await store.start();
    expect(store.state()).toEqual({ status: 'signedIn', user: owner });
    expect(store.tokens.current()).toBe('a1');
    expect(JSON.stringify(localStorage)).not.toContain('a1');
    expect(document.cookie).toBe('');
  });

  it('is none for a newcomer', async () => {
    const store = storeOn(new FakeApi().on('POST', '/auth/refresh', () => problem(401, 'unauthenticated')));
    await store.start();
    expect(store.state()).toEqual({ status: 'signedOut', reason: 'none' });
  });

  it('does not take silence for a sign-out', async () => {
    const api = new FakeApi().on('POST', '/auth/refresh', () => session('a1'));
    api.down = true;
    const store = storeOn(api);
    await store.start();
    expect(store.state().status).toBe('unreachable');
    api.down = false;
    await store.start();
    expect(store.state().status).toBe('signedIn');
  });

  it('begins with email and password, and says so when they are wrong', async () => {
    const api = new FakeApi().on('POST', '/auth/login', ({ json }) =>
      (json as { password: string }).password === 'right' ? session('a1') : problem(401, 'unauthenticated'),
    );
    const store = storeOn(api);
    await expect(store.signIn('o@example.org', 'wrong')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(store.state().status).toBe('starting');
    await store.signIn('o@example.org', 'right');
    expect(store.state().status).toBe('signedIn');
  });

  it('spends the refresh cookie once for many who ask', async () => {
    let spent = 0;
    const api = new FakeApi().on('POST', '/auth/refresh', () => session(`a${++spent}`));
    const store = storeOn(api);
    await store.start();
    await expect(Promise.all([store.tokens.renew('a1'), store.tokens.renew('a1'), store.tokens.renew('a1')])).resolves.toEqual(['a2', 'a2', 'a2']);
    await expect(store.tokens.renew('a1')).resolves.toBe('a2');
    expect(spent).toBe(2);
  });

  it('gives out a token that lasts, and renews one that does not', async () => {
    let now = 0;
    let spent = 0;
    const store = storeOn(new FakeApi().on('POST', '/auth/refresh', () => session(`a${++spent}`)), () => now);
    await store.start();
    now = 800_000;
    await expect(store.freshToken()).resolves.toBe('a1');
    now = 880_000;
    await expect(store.freshToken()).resolves.toBe('a2');
  });

  it('ends when the server says so, and tells why', async () => {
    let good = true;
    const store = storeOn(new FakeApi().on('POST', '/auth/refresh', () => (good ? session('a1') : problem(401, 'unauthenticated'))));
    await store.start();
    good = false;
    await expect(store.tokens.renew('a1')).resolves.toBeNull();
    expect(store.state()).toEqual({ status: 'signedOut', reason: 'expired' });
    expect(store.tokens.current()).toBeNull();
  });

  it('is over at once for the person who leaves, also when the server is away, and in the other tabs', async () => {
    const api = new FakeApi().on('POST', '/auth/refresh', () => session('a1'));
    let heard: ((event: MessageEvent) => void) | null = null;
    const channel = { postMessage: vi.fn(), addEventListener: (_: string, listener: (event: MessageEvent) => void) => void (heard = listener) };
    const store = createSessionStore({ fetch: api.fetch, exclusive: alone, channel: channel as unknown as BroadcastChannel });
    await store.start();
    api.down = true;
    await expect(store.signOut()).rejects.toThrow();
    expect(store.state()).toEqual({ status: 'signedOut', reason: 'signedOut' });
    expect(channel.postMessage).toHaveBeenCalledWith('signedOut');
    api.down = false;
    await store.start();
    (heard as unknown as (event: MessageEvent) => void)(new MessageEvent('message', { data: 'signedOut' }));
    expect(store.state().status).toBe('signedOut');
  });
});
