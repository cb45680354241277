import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ApiError, createHttp, NetworkError, type Tokens } from './http.ts';
import { FakeApi, problem } from '@/testing/fake-api.ts';

const Thing = z.object({ name: z.string() });
const signedIn = (token = 'good'): Tokens => ({ current: () => token, renew: vi.fn(() => Promise.resolve(null)) });

describe('a request', () => {
  it('carries the token in a header, never in the address', async () => {
    const api = new FakeApi().on('GET', '/thing', () => ({ name: 'x' }));
    await createHttp(signedIn(), api.fetch).read(Thing, '/thing', { query: { q: 'a b', none: null } });
    const [request] = api.requests;
    expect(request?.headers.get('Authorization')).toBe('Bearer good');
    expect(request?.query.toString()).toBe('q=a+b');
  });

  it('is sent again with a new token when the old one has run out', async () => {
    const api = new FakeApi().on('GET', '/thing', ({ headers }) => (headers.get('Authorization') === 'Bearer new' ? { name: 'x' } : problem(401, 'unauthenticated')));
    const tokens: Tokens = { current: () => 'old', renew: vi.fn(() => Promise.resolve('new')) };
    await expect(createHttp(tokens, api.fetch).read(Thing, '/thing')).resolves.toEqual({ name: 'x' });
    expect(tokens.renew).toHaveBeenCalledExactlyOnceWith('old');
  });

  it('fails with the first «no» when the session is over', async () => {
    const api = new FakeApi().on('GET', '/thing', () => problem(401, 'unauthenticated'));
    await expect(createHttp(signedIn(), api.fetch).read(Thing, '/thing')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(api.requests).toHaveLength(1);
  });

  it('gives a problem document as what it is', async () => {
    const api = new FakeApi().on('POST', '/thing', () => problem(409, 'conflict', { field: 'number', detail: 'taken' }));
    const error = await createHttp(signedIn(), api.fetch).send('/thing', { method: 'POST', json: {} }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'conflict', message: 'taken', problem: { field: 'number' } });
  });

  it.each([
    ['nobody answers', () => Promise.reject(new TypeError('Failed to fetch'))],
    ["a proxy's page comes", () => Promise.resolve(new Response('<h1>502</h1>', { status: 502 }))],
    ['something else than promised comes', () => Promise.resolve(Response.json({ title: 7 }))],
    ['JSON that is none of ours comes', () => Promise.resolve(Response.json({ error: 'x' }, { status: 500 }))],
    ['no JSON comes', () => Promise.resolve(new Response('hello'))],
  ])('says that the network failed when %s', async (_, fetchFn) => {
    await expect(createHttp(signedIn(), fetchFn).read(Thing, '/thing')).rejects.toBeInstanceOf(NetworkError);
  });

  it('hands the version over with the value', async () => {
    const api = new FakeApi().on('GET', '/thing', () => Response.json({ name: 'x' }, { headers: { ETag: '"7"' } }));
    await expect(createHttp(signedIn(), api.fetch).readTagged(Thing, '/thing')).resolves.toEqual({ value: { name: 'x' }, etag: '"7"' });
  });
});
