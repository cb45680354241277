import { RequestError } from '@footfall/realtime';
import { describe, expect, it } from 'vitest';
import { type Answer, memberOf, refusal, toneOf, wordOf } from './answer.ts';
import { letIn } from '@/testing/events.ts';
const refused = (code: string, details: object = {}): Answer =>
  refusal('in', { kind: 'code', code: '0000055433' }, new RequestError(code, code, { error: code, code, ...details }));

describe('the big answer', () => {
  it.each([
    ['a welcome', letIn(), 'green', 'let_in'],
    ['a welcome with a warning', letIn({ warnings: [{ code: 'balance_due', message: '' }] }), 'yellow', 'let_in_warned'],
    ['the same card held twice', letIn({ repeated: true }), 'blue', 'repeated'],
    ['an expired membership', refused('membership_expired'), 'red', 'refused'],
    ['nobody', refused('member_not_found'), 'red', 'refused'],
    ['somebody inside', refused('already_checked_in'), 'yellow', 'already'],
    ['somebody not inside', refused('not_checked_in'), 'yellow', 'not_inside'],
    // Nothing was decided about the member: this must not read as a «no» to them.
    ['a full disk', refused('unavailable'), 'red', 'failed'],
    ['a code of tomorrow', refused('of_tomorrow'), 'red', 'refused'],
  ])('to %s', (_, answer, tone, word) => {
    expect(toneOf(answer)).toBe(tone);
    expect(wordOf(answer, true)).toBe(word);
  });

  it('says whether it is sent or waits', () => {
    const pending: Answer = { kind: 'pending', id: 'x', direction: 'in', subject: { kind: 'code', code: '1' } };
    expect([wordOf(pending, true), wordOf(pending, false)]).toEqual(['sending', 'waiting']);
    expect(toneOf(pending)).toBe('gray');
  });

  it('knows a member whose status is of tomorrow', () => {
    expect(memberOf(refused('membership_expired', { member: { id: 1, name: 'Elif', status: 'on_the_moon' } }))).toEqual({ id: 1, name: 'Elif', photo_url: null, status: 'none' });
  });
});
