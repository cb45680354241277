/**
 * The front desk as a fold: (state, event) → state. Pure; what is shown twice is shown once, and a gap is said, never papered over.
 */
import type { LiveEvent, Stats } from '@footfall/realtime';
import type { Present } from '@/api/schemas.ts';
import { briefOf } from '@/shared/member-brief.ts';
import { feedLength, type LiveState, type LogEvent } from './live-state.ts';

type Payload<Type extends LiveEvent['type']> = Extract<LiveEvent, { type: Type }>['payload'];

export type Applied = { state: LiveState; gap: boolean };

/** All events in order, up to the first gap. The state itself comes back where nothing was new. */
export function applyEvents(state: LiveState, events: readonly LogEvent[]): Applied {
  let now = state;
  for (const event of events) {
    if (event.payload.seq <= now.seq) continue;
    if (event.payload.seq > now.seq + 1) return { state: now, gap: true };
    now = applyNext(now, event);
  }
  return { state: now, gap: false };
}

/** The figures replace those before them, never add to them; older ones change nothing. */
export function applyStats(state: LiveState, stats: Stats): LiveState {
  return stats.as_of_seq < state.stats.as_of_seq ? state : { ...state, stats };
}

function applyNext(state: LiveState, event: LogEvent): LiveState {
  const seen = { ...state, seq: event.payload.seq };
  switch (event.type) {
    case 'member_checked_in':
      return { ...seen, present: arrive(state.present, event.payload), feed: onTop(state.feed, event), stats: headcount(state.stats, event.payload) };
    case 'member_checked_out':
      return {
        ...seen,
        present: state.present.filter(({ visit_id }) => visit_id !== event.payload.visit_id),
        feed: onTop(state.feed, event),
        stats: headcount(state.stats, event.payload),
      };
    case 'check_in_denied':
      return { ...seen, feed: onTop(state.feed, event) };
    case 'visit_corrected':
      return { ...seen, present: correct(state.present, event.payload), feed: onTop(state.feed, event) };
    case 'event_hidden':
      return seen;
  }
}

/** Ahead of the server's own coalesced `stats_update`, so that the number moves with the person. */
function headcount(stats: Stats, { seq, currently_in }: { seq: number; currently_in: number }): Stats {
  return seq <= stats.as_of_seq ? stats : { ...stats, currently_in };
}

function arrive(present: Present[], payload: Payload<'member_checked_in'>): Present[] {
  const arrived: Present = {
    visit_id: payload.visit_id,
    member: briefOf(payload.member),
    checked_in_at: payload.at,
    source: payload.source ?? 'desk',
  };
  return insert(present, arrived);
}

/** By arrival, latest first: a late entry takes its place further down. */
function insert(present: Present[], arrived: Present): Present[] {
  const others = present.filter(({ visit_id }) => visit_id !== arrived.visit_id);
  const at = Date.parse(arrived.checked_in_at);
  const place = others.findIndex(({ checked_in_at }) => Date.parse(checked_in_at) <= at);
  return place === -1 ? [...others, arrived] : [...others.slice(0, place), arrived, ...others.slice(place)];
}

function correct(present: Present[], payload: Payload<'visit_corrected'>): Present[] {
  const ended = payload.change === 'undone' || typeof payload.checked_out_at === 'string';
  return ended ? present.filter(({ visit_id }) => visit_id !== payload.visit_id) : present;
}

function onTop(feed: LiveEvent[], event: LiveEvent): LiveEvent[] {
  return [event, ...feed].slice(0, feedLength);
}
