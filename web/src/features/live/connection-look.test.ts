import type { ConnectionState } from '@footfall/realtime';
import { describe, expect, it } from 'vitest';
import { lookOf } from './connection-look.ts';

const state = (changes: Partial<ConnectionState>): ConnectionState => ({ name: 'live', failures: 0, why: null, retryAt: null, code: null, draining: false, ...changes });

describe('what is said of the connection', () => {
  it.each([
    [state({}), true, 'live'],
    [state({ draining: true }), true, 'restarting'],
    [state({ name: 'connecting' }), true, 'connecting'],
    [state({ name: 'connecting', failures: 2 }), true, 'reconnectingNow'],
    [state({ name: 'waiting', retryAt: 5000 }), true, 'reconnecting'],
    [state({ name: 'waiting', retryAt: 5000 }), false, 'offline'],
    [state({ name: 'authenticating' }), false, 'offline'],
    [state({ name: 'closed', code: 4403 }), true, 'stopped'],
    // The device may be wrong about its network; a socket that talks is not.
    [state({}), false, 'live'],
  ])('%o, online %s: %s', (connection, online, word) => {
    expect(lookOf(connection, online, 0).word).toBe(word);
  });

  it('counts whole seconds down and never below none', () => {
    const waiting = state({ name: 'waiting', retryAt: 10_000 });
    expect([7_001, 9_999, 10_000, 12_000].map((now) => lookOf(waiting, true, now).seconds)).toEqual([3, 1, 0, 0]);
  });

  it('is green for nothing but live', () => {
    const others = [state({ name: 'idle' }), state({ name: 'waiting' }), state({ name: 'closed' }), state({ draining: true }), state({ name: 'connecting' })];
    expect(others.map((each) => lookOf(each, true, 0).color)).not.toContain('green');
  });
});
