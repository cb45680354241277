import { describe, expect, it } from 'vitest';
import { inLines } from './refusal-lines.ts';
import { at, checkedIn, denied } from '@/testing/events.ts';

const seqs = (events: { payload: { seq: number } }[]) => events.map(({ payload }) => payload.seq);

describe('refusals', () => {
  it('of one member are one line, the newest', () => {
    const feed = [denied(4, 1, { repeats: 2 }), checkedIn(3, 7), denied(2, 1, { repeats: 1 }), denied(1, 1)];
    expect(seqs(inLines(feed))).toEqual([4, 3]);
  });

  it('of two members, of two sources and of two cards are lines of their own', () => {
    const feed = [denied(5, null, { code_last4: '0001' }), denied(4, null), denied(3, 1, { source: 'kiosk' }), denied(2, 2), denied(1, 1)];
    expect(seqs(inLines(feed))).toEqual([5, 4, 3, 2, 1]);
  });

  it('of this morning are no repeats of this evening', () => {
    const feed = [denied(3, 1, { repeats: 1, at: at(200) }), denied(2, 1, { at: at(198) }), denied(1, 1, { at: at(5) })];
    expect(seqs(inLines(feed))).toEqual([3, 1]);
  });

  it('begin a new line after a pause, though the same member stands there', () => {
    const feed = [denied(2, 1, { at: at(30) }), denied(1, 1, { at: at(1) })];
    expect(seqs(inLines(feed))).toEqual([2, 1]);
  });
});
