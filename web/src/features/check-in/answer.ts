/** The big answer: what became of one person at the door, and how it looks and sounds. Pure. */
import type { Payload, RequestError } from '@footfall/realtime';
import type { MemberBrief } from '@/api/schemas.ts';
import { briefOf } from '@/shared/member-brief.ts';

export type Direction = 'in' | 'out';

/** Whom it is about: a member who was chosen, a code that was scanned, or somebody whom a member brings. */
export type Subject =
  | { kind: 'member'; id: number; name: string; photoUrl: string | null }
  | { kind: 'code'; code: string }
  | { kind: 'guest'; name: string; of: number };

export type Answer =
  | { kind: 'pending'; id: string; direction: Direction; subject: Subject }
  | { kind: 'let_in'; success: Payload<'check_in_success'> }
  | { kind: 'let_out'; success: Payload<'check_out_success'> }
  | { kind: 'refused'; direction: Direction; subject: Subject; code: string; sentence: string; member: MemberBrief | null; canOverride: boolean };

export type Tone = 'green' | 'yellow' | 'red' | 'blue' | 'gray';

/** Codes that say «not recorded», not «no»: nothing was decided about the member. */
const failures = new Set(['unavailable', 'overloaded', 'internal', 'rate_limited', 'outbox_full', 'bad_reply', 'closed', 'forbidden', 'unauthenticated', 'bad_message']);

export function toneOf(answer: Answer): Tone {
  switch (answer.kind) {
    case 'pending':
      return 'gray';
    case 'let_in':
      if (answer.success.repeated) return 'blue';
      return answer.success.warnings.length > 0 ? 'yellow' : 'green';
    case 'let_out':
      return 'blue';
    case 'refused':
      return answer.code === 'already_checked_in' || answer.code === 'not_checked_in' ? 'yellow' : 'red';
  }
}

export type Word = 'let_in' | 'let_in_warned' | 'repeated' | 'let_out' | 'refused' | 'already' | 'not_inside' | 'failed' | 'sending' | 'waiting';

export function wordOf(answer: Answer, live: boolean): Word {
  switch (answer.kind) {
    case 'pending':
      return live ? 'sending' : 'waiting';
    case 'let_in':
      if (answer.success.repeated) return 'repeated';
      return answer.success.warnings.length > 0 ? 'let_in_warned' : 'let_in';
    case 'let_out':
      return 'let_out';
    case 'refused':
      if (answer.code === 'already_checked_in') return 'already';
      if (answer.code === 'not_checked_in') return 'not_inside';
      return failures.has(answer.code) ? 'failed' : 'refused';
  }
}

export function memberOf(answer: Answer): MemberBrief | null {
  switch (answer.kind) {
    case 'pending':
      return null;
    case 'let_in':
    case 'let_out':
      return briefOf(answer.success.member);
    case 'refused':
      return answer.member;
  }
}

export function refusal(direction: Direction, subject: Subject, error: RequestError): Answer {
  return {
    kind: 'refused',
    direction,
    subject,
    code: error.code,
    sentence: error.message,
    member: error.member === null ? null : briefOf(error.member),
    canOverride: error.canOverride,
  };
}
