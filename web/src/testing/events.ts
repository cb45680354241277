/** Events of a location's log, as the socket brings them. */
import type { LiveEvent } from '@footfall/realtime';
import type { Answer } from '@/features/check-in/answer.ts';
import type { LiveState, LogEvent } from '@/features/live/live-state.ts';

type Of<Type extends LogEvent['type']> = Extract<LogEvent, { type: Type }>;
type Payload<Type extends LogEvent['type']> = Of<Type>['payload'];

export const brief = (id: number, name = `Member ${id}`) => ({ id, name, photo_url: null, status: 'active' });

export const at = (minute: number, second = 0): string => new Date(Date.UTC(2026, 10, 25, 9, minute, second)).toISOString();

export function checkedIn(seq: number, id: number, changes: Partial<Payload<'member_checked_in'>> = {}): Extract<LiveEvent, { type: 'member_checked_in' }> {
  return {
    type: 'member_checked_in',
    id: null,
    payload: { seq, location: 'main', at: at(seq), visit_id: 100 + id, member: brief(id), source: 'desk', by: 'Olivia', notes: null, warnings: [], currently_in: 1, ...changes },
  };
}

export function checkedOut(seq: number, id: number, changes: Partial<Payload<'member_checked_out'>> = {}): Extract<LiveEvent, { type: 'member_checked_out' }> {
  return {
    type: 'member_checked_out',
    id: null,
    payload: { ...checkedIn(seq, id).payload, currently_in: 0, duration_seconds: 60, automatic: false, ...changes },
  };
}

export function denied(seq: number, id: number | null, changes: Partial<Payload<'check_in_denied'>> = {}): Extract<LiveEvent, { type: 'check_in_denied' }> {
  return {
    type: 'check_in_denied',
    id: null,
    payload: {
      seq,
      location: 'main',
      at: at(seq),
      code: id === null ? 'member_not_found' : 'membership_expired',
      member: id === null ? null : brief(id),
      code_last4: id === null ? '0042' : null,
      source: 'desk',
      by: null,
      repeats: 0,
      ...changes,
    },
  };
}

export function corrected(seq: number, id: number, changes: Partial<Payload<'visit_corrected'>> = {}): Extract<LiveEvent, { type: 'visit_corrected' }> {
  return {
    type: 'visit_corrected',
    id: null,
    payload: {
      seq,
      location: 'main',
      at: at(seq),
      visit_id: 100 + id,
      member: brief(id),
      change: 'undone',
      by: 'Olivia',
      checked_in_at: at(0),
      checked_out_at: null,
      notes: null,
      currently_in: 0,
      ...changes,
    },
  };
}

export const hidden = (seq: number): LogEvent => ({ type: 'event_hidden', payload: { seq, location: 'main' } });

export function liveState(changes: Partial<LiveState> = {}): LiveState {
  const seq = changes.seq ?? 0;
  return {
    epoch: 'e1',
    seq,
    stats: {
      location: 'main',
      date: '2026-11-25',
      timezone: 'Europe/London',
      currently_in: 0,
      capacity: 120,
      check_ins_today: 0,
      check_outs_today: 0,
      unique_members_today: 0,
      average_visit_seconds: null,
      peak_today: 0,
      peak_at: null,
      hourly: Array<number>(24).fill(0),
      denied_today: 0,
      as_of_seq: seq,
    },
    present: [],
    feed: [],
    ...changes,
  };
}

/** The answer of a check-in that went well. */
export const letIn = (changes: object = {}): Answer => ({
  kind: 'let_in',
  success: {
    success: true,
    visit_id: 1,
    member: brief(1),
    location: 'main',
    checked_in_at: '2026-11-25T09:00:00.000Z',
    seq: 1,
    currently_in: 1,
    replayed: false,
    repeated: false,
    warnings: [],
    greetings: [],
    ...changes,
  },
});
