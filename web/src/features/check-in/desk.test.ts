import { RequestError } from '@footfall/realtime';
import { QueryClient } from '@tanstack/react-query';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Subject } from './answer.ts';
import { answerKey, createDesk, type Desk, isOwnRequest } from './desk.ts';
import { setMuted } from './muted.ts';
import { play } from './sounds.ts';

vi.mock('./sounds.ts', () => ({ play: vi.fn() }));

type Settle = { resolve: (payload: unknown) => void; reject: (error: RequestError) => void };

let waiting: (Settle & { args: unknown[] })[];
let cache: QueryClient;
let missed: Answer[];
let desk: Desk;
let ids: number;

beforeEach(() => {
  waiting = [];
  missed = [];
  ids = 0;
  cache = new QueryClient();
  const ask = (...args: unknown[]) => new Promise<never>((resolve, reject) => waiting.push({ args, resolve: resolve as Settle['resolve'], reject }));
  const client = { checkIn: ask, checkOut: ask, withdraw: (id: string) => id === 'id-1' };
  desk = createDesk({ client, cache, slug: 'main', onMissed: (answer) => missed.push(answer), newId: () => `id-${++ids}` });
});

const shown = () => cache.getQueryData<Answer | null>(answerKey('main'));
const elif: Subject = { kind: 'member', id: 42, name: 'Elif', photoUrl: null };
const success = { visit_id: 1, repeated: false, warnings: [], greetings: [], member: { id: 42, name: 'Elif' } };
const no = (code: string) => new RequestError(code, code);

describe('the desk', () => {
  it('shows at once that it asks, and «welcome» only when it is so', async () => {
    const done = desk.submit('in', elif);
    expect(shown()?.kind).toBe('pending');
    expect(play).not.toHaveBeenCalled();
    waiting[0]?.resolve(success);
    await done;
    expect(shown()?.kind).toBe('let_in');
    expect(play).toHaveBeenCalledExactlyOnceWith('green');
  });

  it('asks for members by id and for cards by code, with an id of its own', () => {
    void desk.submit('in', elif, { reason: 'paid' });
    void desk.submit('in', { kind: 'code', code: '0042' });
    void desk.submit('out', elif);
    void desk.submit('in', { kind: 'guest', name: 'Noah Silva', of: 42 });
    expect(waiting.map(({ args }) => args)).toEqual([
      [42, 'main', undefined, { id: 'id-1', override: { reason: 'paid' } }],
      [{ code: '0042' }, 'main', undefined, { id: 'id-2' }],
      [42, 'main', undefined, { id: 'id-3' }],
      [42, 'main', undefined, { id: 'id-4', guest: { name: 'Noah Silva', of: 42 } }],
    ]);
    expect(isOwnRequest('id-2')).toBe(true);
    expect(isOwnRequest('of-a-former-page')).toBe(false);
  });

  it('keeps the newest in front, and tells of a «no» that came too late for it', async () => {
    const first = desk.submit('in', elif);
    const second = desk.submit('in', { kind: 'code', code: '0042' });
    waiting[1]?.resolve({ ...success, visit_id: 2 });
    await second;
    waiting[0]?.reject(no('membership_expired'));
    await first;
    expect(shown()).toMatchObject({ kind: 'let_in', success: { visit_id: 2 } });
    expect(missed).toMatchObject([{ kind: 'refused', code: 'membership_expired' }]);
  });

  it('does not bring back an answer that was cleared', async () => {
    const done = desk.submit('in', elif);
    desk.show(null);
    waiting[0]?.resolve(success);
    await done;
    expect(shown()).toBeNull();
  });

  it('takes back what was not sent, and nothing else', async () => {
    const done = desk.submit('in', elif);
    expect(desk.withdraw('id-1')).toBe(true);
    waiting[0]?.reject(no('withdrawn'));
    await done;
    expect(shown()).toBeNull();
    expect(missed).toEqual([]);
    expect(desk.withdraw('id-2')).toBe(false);
  });

  it('is quiet when it is muted', async () => {
    setMuted(true);
    const done = desk.submit('in', elif);
    waiting[0]?.reject(no('member_banned'));
    await done;
    expect(play).not.toHaveBeenCalled();
  });

  it('does not swallow a fault of the program', async () => {
    const done = desk.submit('in', elif);
    waiting[0]?.reject(new TypeError('bug') as never);
    await expect(done).rejects.toThrow('bug');
  });
});
