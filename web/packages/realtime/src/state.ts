/* state.ts: what the app may know of the connection's state; the machine's own has a token in it. */
import type { ClosedReason, Machine, WaitReason } from './machine.ts';

export interface ConnectionState {
  readonly name: Machine['name'];
  /** Attempts that failed in a row. */
  readonly failures: number;
  /** Waiting: why, and when the next attempt is made (Unix ms). Closed: why, and the close code if one ended it. */
  readonly why: WaitReason | ClosedReason | null;
  readonly retryAt: number | null;
  readonly code: number | null;
  /** Live, but the server is about to restart; nothing new is sent until the next connection. */
  readonly draining: boolean;
}

export function connectionState(machine: Machine, now: number, wallNow: number): ConnectionState {
  return {
    name: machine.name,
    failures: machine.history.failures,
    why: machine.name === 'waiting' || machine.name === 'closed' ? machine.why : null,
    retryAt: machine.name === 'waiting' ? Math.round(wallNow + machine.due - now) : null,
    code: machine.name === 'closed' ? machine.code : null,
    draining: isDraining(machine),
  };
}

export function isDraining(machine: Machine): boolean {
  return machine.name === 'live' && machine.told.reconnectAt !== null;
}

/** A retry's time is computed from two clocks and may differ by a hair each time; that is no change. */
export function sameState(a: ConnectionState, b: ConnectionState): boolean {
  return (
    a.name === b.name &&
    a.failures === b.failures &&
    a.why === b.why &&
    a.code === b.code &&
    a.draining === b.draining &&
    Math.abs((a.retryAt ?? 0) - (b.retryAt ?? 0)) < 50
  );
}
