import { describe, expect, it } from 'vitest';
import { applyEvents, applyStats } from './apply-event.ts';
import { feedLength } from './live-state.ts';
import { at, checkedIn, checkedOut, corrected, denied, hidden, liveState } from '@/testing/events.ts';

const inside = (state: { present: { member: { id: number } }[] }) => state.present.map(({ member }) => member.id);

describe('the front desk as a fold', () => {
  it('shows who comes and who goes, newest first', () => {
    const { state, gap } = applyEvents(liveState(), [checkedIn(1, 1), checkedIn(2, 2), checkedOut(3, 1)]);
    expect(gap).toBe(false);
    expect(state.seq).toBe(3);
    expect(inside(state)).toEqual([2]);
    expect(state.feed.map(({ type }) => type)).toEqual(['member_checked_out', 'member_checked_in', 'member_checked_in']);
  });

  it('shows once what comes twice', () => {
    const once = applyEvents(liveState(), [checkedIn(1, 1), checkedIn(2, 2)]).state;
    expect(applyEvents(once, [checkedIn(1, 1), checkedIn(2, 2)]).state).toBe(once);
  });

  it('stops at a gap and says so', () => {
    const { state, gap } = applyEvents(liveState(), [checkedIn(1, 1), checkedIn(3, 3)]);
    expect(gap).toBe(true);
    expect(state.seq).toBe(1);
    expect(inside(state)).toEqual([1]);
  });

  it('counts what this role may not see, and shows nothing of it', () => {
    const { state, gap } = applyEvents(liveState(), [checkedIn(1, 1), hidden(2), checkedIn(3, 3)]);
    expect(gap).toBe(false);
    expect(state.seq).toBe(3);
    expect(state.feed).toHaveLength(2);
  });

  it('puts a late entry where it belongs among those inside', () => {
    const { state } = applyEvents(liveState(), [checkedIn(1, 1, { at: at(10) }), checkedIn(2, 2, { at: at(20) }), checkedIn(3, 3, { at: at(15), late: true })]);
    expect(inside(state)).toEqual([2, 3, 1]);
  });

  it('takes an undone visit from those inside, and leaves an edited open one', () => {
    const start = applyEvents(liveState(), [checkedIn(1, 1), checkedIn(2, 2)]).state;
    expect(inside(applyEvents(start, [corrected(3, 1)]).state)).toEqual([2]);
    expect(inside(applyEvents(start, [corrected(3, 1, { change: 'edited', notes: 'x' })]).state)).toEqual([2, 1]);
    expect(inside(applyEvents(start, [corrected(3, 1, { change: 'edited', checked_out_at: at(9) })]).state)).toEqual([2]);
  });

  it('moves the headcount with the person, ahead of the figures', () => {
    const start = liveState({ stats: { ...liveState().stats, as_of_seq: 1, currently_in: 7 } });
    expect(applyEvents(start, [checkedIn(1, 1, { currently_in: 1 })]).state.stats.currently_in).toBe(7);
    expect(applyEvents(start, [checkedIn(1, 1), checkedIn(2, 2, { currently_in: 8 })]).state.stats.currently_in).toBe(8);
  });

  it('replaces the figures, and never by older ones', () => {
    const state = liveState({ seq: 5 });
    const figures = (as_of_seq: number) => ({ ...state.stats, as_of_seq, denied_today: as_of_seq });
    expect(applyStats(state, figures(6)).stats.denied_today).toBe(6);
    expect(applyStats(state, figures(5)).stats.denied_today).toBe(5);
    expect(applyStats(state, figures(4))).toBe(state);
  });

  it('keeps the feed at a bounded length', () => {
    const many = Array.from({ length: feedLength + 50 }, (_, index) => denied(index + 1, index + 1));
    const { feed } = applyEvents(liveState(), many).state;
    expect(feed).toHaveLength(feedLength);
    expect(feed[0]?.payload.seq).toBe(feedLength + 50);
  });

  it('gives the same for any cut of the same history', () => {
    const history = [checkedIn(1, 1), denied(2, 9), checkedIn(3, 2), checkedOut(4, 1), checkedIn(5, 1, { visit_id: 201 }), corrected(6, 2)];
    const whole = applyEvents(liveState(), history).state;
    for (let cut = 0; cut <= history.length; cut += 1) {
      const first = applyEvents(liveState(), history.slice(0, cut)).state;
      expect(applyEvents(first, history).state).toEqual(whole);
    }
  });
});
