import { describe, expect, test } from 'vitest';
import { LATE_AFTER_MS, Outbox, PATIENCE_MS, TOO_OLD_MS, WINDOW, type OutboxEntry } from './outbox.ts';

const NOW = Date.UTC(2026, 0, 5, 9, 0, 0);

function entry(id: string, more: Partial<OutboxEntry> = {}): OutboxEntry {
  return { id, type: 'check_in', kind: 'kept', payload: { member_id: 7 }, createdAt: NOW, user: '1', sent: false, ...more };
}

function filled(...entries: OutboxEntry[]): Outbox {
  const outbox = new Outbox(1_000);
  entries.forEach((each) => outbox.add(each));
  return outbox;
}

const ids = (entries: readonly OutboxEntry[]) => entries.map(({ id }) => id);

describe('sending', () => {
  test('in the order asked, once on each connection, until answered', () => {
    const outbox = filled(entry('a'), entry('b'));
    expect(ids(outbox.take(1, '1', 0, NOW))).toEqual(['a', 'b']);
    expect(ids(outbox.take(1, '1', 0, NOW))).toEqual([]);
    outbox.remove('a');
    expect(ids(outbox.take(2, '1', 0, NOW))).toEqual(['b']);
  });

  test('not more than a window unanswered; each answer lets the next one go', () => {
    const outbox = filled(...Array.from({ length: WINDOW + 2 }, (_, n) => entry(`r${n}`)));
    expect(outbox.take(1, '1', 0, NOW)).toHaveLength(WINDOW);
    outbox.remove('r0');
    expect(ids(outbox.take(1, '1', 0, NOW))).toEqual([`r${WINDOW}`]);
  });

  test.each([
    ['mine', '1', true],
    ['another’s', '2', false],
    ['nobody’s yet', null, true],
  ])('%s', (_, user, goes) => {
    expect(filled(entry('a', { user })).take(1, '1', 0, NOW)).toHaveLength(goes ? 1 : 0);
  });

  test('what nobody had asked is from then on of whoever sent it', () => {
    const outbox = filled(entry('a', { user: null }));
    outbox.take(1, '1', 0, NOW);
    expect(outbox.take(2, '2', 0, NOW)).toEqual([]);
  });
});

describe('occurred_at is settled at the first sending', () => {
  test.each<[string, number, Partial<OutboxEntry>, unknown]>([
    ['sent soon', LATE_AFTER_MS, {}, undefined],
    ['waited long', LATE_AFTER_MS + 1, {}, '2026-01-05T09:00:00.000Z'],
    ['waited long, but was sent before', LATE_AFTER_MS + 1, { sent: true }, undefined],
    ['says so itself', LATE_AFTER_MS + 1, { payload: { occurred_at: 'then' } }, 'then'],
    ['is a question', LATE_AFTER_MS + 1, { kind: 'asked', type: 'get_stats', payload: {} }, undefined],
  ])('%s', (_, waited, more, occurredAt) => {
    const outbox = filled(entry('a', more));
    expect(outbox.take(1, '1', 0, NOW + waited)[0]?.payload['occurred_at']).toBe(occurredAt);
    expect(outbox.take(2, '1', 0, NOW + 2 * waited)[0]?.payload['occurred_at']).toBe(occurredAt);
  });
});

describe('an error', () => {
  const sent = (more: Partial<OutboxEntry> = {}) => {
    const outbox = filled(entry('a', more));
    outbox.take(1, '1', 0, NOW);
    return outbox;
  };

  test('a rule: that is the answer', () => {
    expect(sent().isFinal('a', 'membership_expired', null, 0)).toBe(true);
  });

  test.each([
    [null, 1_000],
    [10, 1_000],
    [7_000, 7_000],
  ])('not now, retry after %s: the same again after %i ms on the same connection', (asked, ms) => {
    const outbox = sent();
    expect(outbox.isFinal('a', 'unavailable', asked, 0)).toBe(false);
    expect(outbox.dueAt(1, 0)).toBe(ms);
    expect(outbox.take(1, '1', ms - 1, NOW)).toEqual([]);
    expect(ids(outbox.take(1, '1', ms, NOW))).toEqual(['a']);
  });

  test('not now, for too long: whoever asked is told', () => {
    const outbox = sent();
    expect(outbox.isFinal('a', 'overloaded', null, 100)).toBe(false);
    expect(outbox.isFinal('a', 'overloaded', null, 99 + PATIENCE_MS)).toBe(false);
    expect(outbox.isFinal('a', 'overloaded', null, 100 + PATIENCE_MS)).toBe(true);
  });

  test('a late entry, at whose desk nobody stands any more, goes on trying', () => {
    const outbox = sent({ payload: { occurred_at: 'then' } });
    outbox.isFinal('a', 'unavailable', null, 0);
    expect(outbox.isFinal('a', 'unavailable', null, 100 * PATIENCE_MS)).toBe(false);
  });

  test('unauthenticated: it waits for the next connection', () => {
    const outbox = sent();
    expect(outbox.isFinal('a', 'unauthenticated', null, 0)).toBe(false);
    expect(outbox.take(1, '1', 1e9, NOW)).toEqual([]);
    expect(ids(outbox.take(2, '1', 0, NOW))).toEqual(['a']);
  });
});

describe('bounds', () => {
  test('only so many are kept; questions and subscriptions do not count', () => {
    const outbox = new Outbox(2);
    const taken = [entry('a'), entry('q', { kind: 'asked' }), entry('b'), entry('c'), entry('s', { kind: 'bound' })].map((each) => outbox.add(each));
    expect(taken).toEqual([true, true, true, false, true]);
  });

  test('the same id is the same request', () => {
    const outbox = filled(entry('a'), entry('a', { payload: { member_id: 8 } }));
    expect(outbox.entries.map(({ payload }) => payload)).toEqual([{ member_id: 7 }]);
  });

  test('older than the server takes: removed', () => {
    const outbox = filled(entry('old', { createdAt: NOW - TOO_OLD_MS - 1 }), entry('a', { createdAt: NOW - TOO_OLD_MS }));
    expect(ids(outbox.tooOld(NOW))).toEqual(['old']);
    expect(ids(outbox.entries)).toEqual(['a']);
  });

  test('what is bound to a connection ends with it', () => {
    const outbox = filled(entry('a'), entry('s', { kind: 'bound', type: 'subscribe' }));
    expect(ids(outbox.dropped())).toEqual(['s']);
    expect(ids(outbox.entries)).toEqual(['a']);
  });
});
