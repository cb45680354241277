import { describe, expect, test } from 'vitest';
import { parseEvent, parseMessage } from './messages.ts';

const member = { id: 7, name: 'Ada Lovelace', photo_url: null, status: 'active' };
const stats = {
  location: 'main', date: '2026-01-05', timezone: 'Europe/Berlin', currently_in: 3, capacity: null, check_ins_today: 5, check_outs_today: 2,
  unique_members_today: 4, average_visit_seconds: null, peak_today: 4, peak_at: '2026-01-05T08:00:00Z', hourly: Array<number>(24).fill(0),
  denied_today: 0, as_of_seq: 7,
};
const visit = { seq: 8, location: 'main', at: '2026-01-05T09:00:00Z', visit_id: 4, member, source: 'desk', by: null, notes: null, warnings: [], currently_in: 4 };
const success = { success: true, visit_id: 4, member, location: 'main', checked_in_at: '2026-01-05T09:00:00Z', seq: 8, currently_in: 4, replayed: false };

/** One of each type, as the contract has it. */
const EXAMPLES: Readonly<Record<string, object>> = {
  authentication_success: {
    user: { id: 1, name: 'Desk', role: 'staff' }, locations: ['main'], expires_at: '2026-01-05T09:15:00Z', server_time: '2026-01-05T09:00:00Z',
    heartbeat_interval: 25, server_version: '0.1', protocol: 1, epoch: 'e', heads: { main: 7 }, recovered: true,
  },
  initial_stats: { locations: [stats], totals: { currently_in: 3 }, recent: [] },
  check_in_success: { ...success, repeated: false, warnings: [{ code: 'balance_due', message: 'There is an open balance' }], greetings: [] },
  check_out_success: { ...success, checked_out_at: '2026-01-05T10:00:00Z', duration_seconds: 3600 },
  member_checked_in: visit,
  member_checked_out: { ...visit, duration_seconds: 3600, automatic: true, late: true },
  check_in_denied: { seq: 9, location: 'main', at: '2026-01-05T09:00:00Z', code: 'member_not_found', member: null, code_last4: '0042', source: 'desk', by: null, repeats: 0 },
  visit_corrected: { seq: 10, location: 'main', at: '2026-01-05T09:00:00Z', visit_id: 4, member, change: 'undone', by: 'Desk', currently_in: 3 },
  event_hidden: { seq: 11, location: 'main' },
  stats_update: stats,
  stats,
  subscribed: { heads: { main: 7 }, refused: { moon: 'location_not_found' } },
  unsubscribed: { heads: { main: 7 } },
  heartbeat: { server_time: '2026-01-05T09:00:00Z', heads: { main: 7 } },
  heartbeat_ack: { server_time: '2026-01-05T09:00:00Z', echo: {}, heads: { main: 7 } },
  token_expiring: {},
  resync_required: { location: 'main', head: 12 },
  server_draining: { reconnect_after_ms: 700 },
  error: { success: false, error: 'Member not found', code: 'member_not_found', request: 'check_in' },
};

describe.each(Object.entries(EXAMPLES))('%s', (type, payload) => {
  test('parses, with its id', () => {
    expect(parseMessage(JSON.stringify({ type, id: 'r1', payload }))).toMatchObject({ kind: 'message', message: { type, id: 'r1' } });
  });

  test('parses with members that nobody here knows', () => {
    const text = JSON.stringify({ type, payload: { ...payload, of_tomorrow: [1] }, other: true });
    expect(parseMessage(text)).toMatchObject({ kind: 'message', message: { type, id: null } });
  });

  test.each(Object.keys(payload).filter((key) => NEEDED.has(key)))('without %s it is malformed, and keeps its id', (key) => {
    const { [key]: _, ...rest } = payload as Record<string, unknown>;
    expect(parseMessage(JSON.stringify({ type, id: 'r1', payload: rest }))).toMatchObject({ kind: 'malformed', type, id: 'r1' });
  });
});

/** Nothing can be done without these, in whatever message they stand. */
const NEEDED = new Set(['seq', 'location', 'visit_id', 'epoch', 'heartbeat_interval', 'reconnect_after_ms', 'as_of_seq', 'code', 'user']);

describe('what is no message', () => {
  test.each(['', '{', '[]', 'null', '7', '{"payload":{}}', '{"type":7}', '{"type":"stats","payload":null}', '{"type":"heartbeat","id":5}'])('%s is malformed', (text) => {
    expect(parseMessage(text)).toMatchObject({ kind: 'malformed' });
  });

  test.each(['of_tomorrow', 'toString', '__proto__', ''])('type "%s" is unknown', (type) => {
    expect(parseMessage(JSON.stringify({ type, payload: {} }))).toEqual({ kind: 'unknown', type });
  });

  test.each([-1, 1.5, '8', null, 2 ** 53])('seq %s is none', (seq) => {
    expect(parseMessage(JSON.stringify({ type: 'event_hidden', payload: { location: 'main', seq } }))).toMatchObject({ kind: 'malformed' });
  });
});

describe('parseEvent reads one entry of a list', () => {
  test('an event', () => {
    expect(parseEvent({ type: 'member_checked_in', payload: visit })?.payload.seq).toBe(8);
  });

  test.each([
    ['one that is hidden', { type: 'event_hidden', payload: { seq: 1, location: 'main' } }],
    ['one of tomorrow', { type: 'of_tomorrow', payload: {} }],
    ['a message that is no event', { type: 'stats', payload: stats }],
    ['nonsense', 'nonsense'],
  ])('%s: null', (_, value) => {
    expect(parseEvent(value)).toBeNull();
  });
});
