/* codes.ts: the two tables of the contract, close codes and error codes, with what this client does for each.
 *
 * A code that is not here is treated with care: an unknown close code retries with backoff, an unknown error
 * is final for its request. Also change: the server's protocol/codes.c, docs/protocol.md. */

/** What the client does after a connection ended. */
export type CloseAction =
  | 'stay_closed' // the talk is over
  | 'backoff' // full jitter, then resume
  | 'when_told' // after reconnect_after_ms, then resume
  | 'throttle' // after retry_after_ms (at least 1 s), doubling
  | 'renew' // refresh the credentials once and reconnect; a second time in a row: signed out
  | 'stop' // say so, never loop
  | 'reload' // this app is too old: reload once
  | 'at_once' // 0 to 1 s of jitter, then resume
  | 'start_over'; // backoff, then snapshot instead of resume

interface CloseRow {
  readonly meaning: string;
  readonly action: CloseAction;
}

export const CLOSE_CODES: Readonly<Record<number, CloseRow>> = {
  1000: { meaning: 'done', action: 'stay_closed' },
  1001: { meaning: 'gone', action: 'backoff' },
  1002: { meaning: 'protocol broken', action: 'stop' },
  1003: { meaning: 'binary frame refused', action: 'stop' },
  1005: { meaning: 'closed without a code', action: 'backoff' },
  1006: { meaning: 'cut', action: 'backoff' },
  1007: { meaning: 'text was not UTF-8', action: 'stop' },
  1008: { meaning: 'policy', action: 'stop' },
  1009: { meaning: 'message too big', action: 'stop' },
  1011: { meaning: 'fault in the server', action: 'backoff' },
  1012: { meaning: 'restart', action: 'when_told' },
  1013: { meaning: 'too many', action: 'throttle' },
  4401: { meaning: 'unauthenticated or expired', action: 'renew' },
  4403: { meaning: 'forbidden', action: 'stop' },
  4406: { meaning: 'this app is too old', action: 'reload' },
  4408: { meaning: 'no sign of life', action: 'at_once' },
  4413: { meaning: 'too slow', action: 'start_over' },
  4429: { meaning: 'rate limited', action: 'throttle' },
};

export function closeAction(code: number): CloseAction {
  return CLOSE_CODES[code]?.action ?? 'backoff';
}

/** What an `error` means for the request it answers. */
export type ErrorFate =
  | 'final' // this is the answer
  | 'later' // nothing was decided: the same request, same id, after retry_after_ms
  | 'signed_in'; // the request waits until the connection is authenticated again

export const ERROR_CODES = {
  bad_json: 'final',
  bad_message: 'final',
  unknown_type: 'final',
  id_reused: 'final',
  unauthenticated: 'signed_in',
  forbidden: 'final',
  location_required: 'final',
  location_not_found: 'final',
  member_not_found: 'final',
  already_checked_in: 'final',
  not_checked_in: 'final',
  membership_expired: 'final',
  membership_not_started: 'final',
  membership_frozen: 'final',
  membership_cancelled: 'final',
  member_banned: 'final',
  visits_exhausted: 'final',
  wrong_location: 'final',
  outside_hours: 'final',
  capacity_reached: 'final',
  waiver_missing: 'final',
  balance_due: 'final',
  too_old: 'final',
  rate_limited: 'later',
  overloaded: 'later',
  unavailable: 'later',
  internal: 'later',
} as const satisfies Record<string, ErrorFate>;

export type ServerErrorCode = keyof typeof ERROR_CODES;

/** Errors that this client gives by itself, without having asked the server. */
export type LocalErrorCode = 'outbox_full' | 'withdrawn' | 'closed' | 'bad_reply';

export function errorFate(code: string): ErrorFate {
  return Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ServerErrorCode] : 'final';
}
