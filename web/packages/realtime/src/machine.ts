/* machine.ts: the life of the connection, as a pure function: (machine, event, now, roll) → {machine, effects}.
 *
 *     idle ──connect──▶ connecting ──opened──▶ authenticating ──authentication_success──▶ live
 *                          ▲                        │ closed, refused, too late             │ closed, silent
 *                          └──────── due ──────── waiting ◀────────────────────────────────┘
 *                                                   any ──closed by us, forbidden, signed out──▶ closed
 *
 * Knows no socket, no timer and no clock: `now` is monotonic milliseconds, `roll` one random number in [0, 1), and when
 * it wants to be woken is what `dueAt` says of the state. What carries the effects out is client.ts.
 * Every attempt has a number, `conn`; whatever a former attempt still says is ignored by it. */
import { atOnce, fullJitter, throttled } from './backoff.ts';
import { closeAction, errorFate } from './codes.ts';
import type { Message, ServerMessage } from './messages.ts';

/** From the start of an attempt, fetching credentials included, until the socket is open. */
export const CONNECT_MS = 15_000;
/** From the open socket to authentication_success; the server's own auth_timeout. */
export const AUTHENTICATE_MS = 10_000;
/** How long a heartbeat that asks "are you still there?" may go unanswered. */
export const PROBE_MS = 5_000;
/** Whatever the server says, heartbeats are not sent faster than this. */
export const INTERVAL_MIN_MS = 1_000;
/** Live for this long: what went wrong before is forgotten. Shorter, and a server that fails at once would be hammered. */
export const STABLE_MS = 10_000;
/** A wake-up later than this was not a busy page but a machine that slept or a tab that was frozen. */
export const LATE_MS = 2_000;

interface History {
  readonly conn: number; // the number of the latest attempt
  readonly failures: number; // in a row, for backoff
  readonly throttled: number; // closes by 1013 or 4429 in a row
  readonly refused: number; // closes by 4401 in a row
}

/** What the server said on this connection about coming back. */
interface Told {
  readonly retryAfterMs: number | null;
  readonly reconnectAt: number | null; // set by server_draining
}

export type WaitReason = 'cut' | 'restart' | 'throttled' | 'silent' | 'timeout' | 'no_credentials' | 'too_slow';
export type ClosedReason = 'done' | 'signed_out' | 'forbidden' | 'outdated';

interface Idle {
  readonly name: 'idle';
  readonly history: History;
}
interface Connecting {
  readonly name: 'connecting';
  readonly history: History;
  readonly token: string | null; // to be sent once the socket is open
  readonly due: number;
}
interface Authenticating {
  readonly name: 'authenticating';
  readonly history: History;
  readonly told: Told;
  readonly token: string | null;
  readonly bare: boolean; // the second try, which asks to be let in and for nothing else
  readonly due: number;
}
interface Live {
  readonly name: 'live';
  readonly history: History;
  readonly told: Told;
  readonly intervalMs: number;
  readonly stableAt: number;
  readonly heardAt: number;
  readonly beatAt: number; // when the next heartbeat goes out
  readonly beats: number; // heartbeats sent on this connection
  readonly probe: { readonly id: string; readonly due: number } | null;
}
interface Waiting {
  readonly name: 'waiting';
  readonly history: History;
  readonly due: number;
  readonly notBefore: number; // what the server asked for; no impatience brings it forward
  readonly why: WaitReason;
}
interface Closed {
  readonly name: 'closed';
  readonly history: History;
  readonly why: ClosedReason;
  readonly code: number | null; // the close code that ended it, where one did
}
export type Machine = Idle | Connecting | Authenticating | Live | Waiting | Closed;

export type Ask = 'connect' | 'renew' | 'token';

export type MachineEvent =
  | { readonly on: 'connect' }
  | { readonly on: 'stop' }
  | { readonly on: 'credentials'; readonly conn: number; readonly token: string | null; readonly ticket: string | null }
  | { readonly on: 'no_credentials'; readonly conn: number; readonly signedOut: boolean }
  | { readonly on: 'opened'; readonly conn: number }
  | { readonly on: 'message'; readonly conn: number; readonly message: ServerMessage | null } // null: not understood
  | { readonly on: 'closed'; readonly conn: number; readonly code: number }
  | { readonly on: 'nudge' } // the network is back, or someone looks at the page again
  | { readonly on: 'doubt' } // it slept, or the network is said to be gone: is the connection still alive?
  | { readonly on: 'tick' };

export type Effect =
  | { readonly do: 'credentials'; readonly conn: number; readonly ask: Ask }
  | { readonly do: 'open'; readonly conn: number; readonly ticket: string | null }
  | { readonly do: 'authenticate'; readonly id: string; readonly token: string | null; readonly bare: boolean }
  | { readonly do: 'refresh'; readonly token: string }
  | { readonly do: 'heartbeat'; readonly id: string }
  | { readonly do: 'close'; readonly code: number }
  | { readonly do: 'forget_positions' }
  | { readonly do: 'reload' };

export interface Step {
  readonly machine: Machine;
  readonly effects: readonly Effect[];
}

export function idle(): Machine {
  return { name: 'idle', history: { conn: 0, failures: 0, throttled: 0, refused: 0 } };
}

/** When the machine wants its next `tick`; null: never. */
export function dueAt(machine: Machine): number | null {
  switch (machine.name) {
    case 'idle':
    case 'closed':
      return null;
    case 'connecting':
    case 'authenticating':
    case 'waiting':
      return machine.due;
    case 'live':
      return liveDueAt(machine);
  }
}

export function step(machine: Machine, event: MachineEvent, now: number, roll: number): Step {
  if ('conn' in event && event.conn !== machine.history.conn) {
    return stay(machine);
  }
  switch (event.on) {
    case 'connect':
      return reopen(machine, now);
    case 'stop':
      return machine.name === 'closed' ? stay(machine) : hangUp(machine, shut(machine.history, 'done'));
    case 'credentials':
      return onCredentials(machine, event.token, event.ticket);
    case 'no_credentials':
      return onNoCredentials(machine, event.signedOut, now, roll);
    case 'opened':
      return onOpened(machine, now);
    case 'message':
      return onMessage(machine, event.message, now, roll);
    case 'closed':
      return isOpen(machine) ? onClosed(machine, event.code, now, roll) : stay(machine);
    case 'nudge':
      return onNudge(machine, now, roll);
    case 'doubt':
      return machine.name === 'live' ? probe(machine, now) : stay(machine);
    case 'tick':
      return onTick(machine, now, roll);
  }
}

/* ---- beginning an attempt ---- */

function reopen(machine: Machine, now: number): Step {
  const fresh = { ...machine.history, failures: 0, throttled: 0, refused: 0 };
  return hangUp(machine, attempt(fresh, 'connect', now));
}

function attempt(history: History, ask: Ask, now: number): Step {
  const conn = history.conn + 1;
  return {
    machine: { name: 'connecting', history: { ...history, conn }, token: null, due: now + CONNECT_MS },
    effects: [{ do: 'credentials', conn, ask }],
  };
}

function onCredentials(machine: Machine, token: string | null, ticket: string | null): Step {
  switch (machine.name) {
    case 'connecting':
      return {
        machine: { ...machine, token },
        effects: [{ do: 'open', conn: machine.history.conn, ticket }],
      };
    case 'live':
      return token === null ? stay(machine) : { machine, effects: [{ do: 'refresh', token }] };
    default:
      return stay(machine);
  }
}

function onNoCredentials(machine: Machine, signedOut: boolean, now: number, roll: number): Step {
  if (machine.name !== 'connecting') {
    return stay(machine); // a refresh on a live connection: it lives on until the server ends it with 4401
  }
  return signedOut ? shut(machine.history, 'signed_out') : backOff(machine.history, 'no_credentials', now, roll);
}

function onOpened(machine: Machine, now: number): Step {
  if (machine.name !== 'connecting') {
    return stay(machine);
  }
  const { history, token } = machine;
  const told = { retryAfterMs: null, reconnectAt: null };
  const next: Authenticating = { name: 'authenticating', history, told, token, bare: false, due: now + AUTHENTICATE_MS };
  return { machine: next, effects: [authenticate(next)] };
}

function authenticate({ history, token, bare }: Authenticating): Effect {
  return { do: 'authenticate', id: authenticateId(history.conn, bare), token, bare };
}

function authenticateId(conn: number, bare: boolean): string {
  return bare ? `authenticate-${conn}-bare` : `authenticate-${conn}`;
}

/* ---- what the server says ---- */

function onMessage(machine: Machine, message: ServerMessage | null, now: number, roll: number): Step {
  switch (machine.name) {
    case 'authenticating':
      return message === null ? stay(machine) : whileAuthenticating(machine, message, now, roll);
    case 'live':
      return whileLive({ ...machine, heardAt: now }, message, now);
    default:
      return stay(machine);
  }
}

function whileAuthenticating(machine: Authenticating, message: ServerMessage, now: number, roll: number): Step {
  const ours = message.id === authenticateId(machine.history.conn, machine.bare);
  switch (message.type) {
    case 'authentication_success':
      return ours ? enter(machine, intervalMs(message), now) : stay(machine);
    case 'error': {
      const told = noteRetry(machine, message);
      return ours ? onAuthenticateRefused(told, message.payload.code, now, roll) : stay(told);
    }
    case 'server_draining':
      return stay(noteDraining(machine, message.payload.reconnect_after_ms, now));
    default:
      return stay(machine);
  }
}

function intervalMs(message: Message<'authentication_success'>): number {
  return Math.max(INTERVAL_MIN_MS, message.payload.heartbeat_interval * 1_000);
}

function enter(machine: Authenticating, intervalMs: number, now: number): Step {
  const { history, told } = machine;
  const stableAt = now + STABLE_MS;
  return stay({
    name: 'live', history, told, intervalMs, stableAt, heardAt: now, beatAt: now + intervalMs, beats: 0, probe: null,
  });
}

/** `authenticate` was answered by an error, so this connection will never be live. */
function onAuthenticateRefused(machine: Authenticating, code: string, now: number, roll: number): Step {
  const { history, told } = machine;
  if (code === 'unauthenticated') {
    return stay(machine); // the server closes with 4401, and what to do then stands in the codes' table
  }
  if (errorFate(code) === 'later') {
    return hangUp(machine, throttle(history, told, now, roll));
  }
  if (machine.bare) {
    return hangUp(machine, shut(history, 'forbidden'));
  }
  return withoutWishes(machine, code);
}

/** One location that is refused spoils the whole of it. So: in first, and then subscribe, which is answered for each. */
function withoutWishes(machine: Authenticating, code: string): Step {
  const bare: Authenticating = { ...machine, bare: true };
  const forget: Effect[] = code === 'bad_message' ? [{ do: 'forget_positions' }] : []; // perhaps it did not like those
  return { machine: bare, effects: [...forget, authenticate(bare)] };
}

function whileLive(machine: Live, message: ServerMessage | null, now: number): Step {
  switch (message?.type) {
    case 'heartbeat_ack':
      return stay(machine.probe?.id === message.id ? { ...machine, probe: null } : machine);
    case 'error':
      return stay(noteRetry(machine, message));
    case 'server_draining':
      return stay(noteDraining(machine, message.payload.reconnect_after_ms, now));
    case 'token_expiring':
      return { machine, effects: [{ do: 'credentials', conn: machine.history.conn, ask: 'token' }] };
    default:
      return stay(machine);
  }
}

function noteRetry<M extends Authenticating | Live>(machine: M, message: Message<'error'>): M {
  const retryAfterMs = message.payload.retry_after_ms ?? machine.told.retryAfterMs;
  return { ...machine, told: { ...machine.told, retryAfterMs } };
}

function noteDraining<M extends Authenticating | Live>(machine: M, afterMs: number, now: number): M {
  return { ...machine, told: { ...machine.told, reconnectAt: now + afterMs } };
}

/* ---- the end of a connection ---- */

type Open = Connecting | Authenticating | Live;

function isOpen(machine: Machine): machine is Open {
  return machine.name === 'connecting' || machine.name === 'authenticating' || machine.name === 'live';
}

function onClosed(machine: Open, code: number, now: number, roll: number): Step {
  const { history } = machine;
  const told = machine.name === 'connecting' ? { retryAfterMs: null, reconnectAt: null } : machine.told;
  switch (closeAction(code)) {
    case 'stay_closed':
      return shut(history, 'done', code);
    case 'stop':
      return shut(history, 'forbidden', code);
    case 'reload':
      return { ...shut(history, 'outdated', code), effects: [{ do: 'reload' }] };
    case 'renew':
      return renew(history, now);
    case 'throttle':
      return throttle(history, told, now, roll);
    case 'at_once':
      return wait(history, 'silent', now + atOnce(roll), now);
    case 'start_over':
      return forgetting(backOff(history, 'too_slow', now, roll));
    case 'when_told':
      return comeBack(history, told, 'restart', now, roll);
    case 'backoff':
      // A refusal with a time in it counts even where its close code got lost on the way.
      return machine.name === 'authenticating' && told.retryAfterMs !== null
        ? throttle(history, told, now, roll)
        : comeBack(history, told, 'cut', now, roll);
  }
}

function renew(history: History, now: number): Step {
  if (history.refused > 0) {
    return shut(history, 'signed_out', 4401);
  }
  return attempt({ ...history, refused: history.refused + 1 }, 'renew', now);
}

function throttle(history: History, told: Told, now: number, roll: number): Step {
  const at = now + throttled(told.retryAfterMs, history.throttled, roll);
  return wait({ ...history, throttled: history.throttled + 1 }, 'throttled', at, at);
}

function comeBack(history: History, told: Told, why: WaitReason, now: number, roll: number): Step {
  if (told.reconnectAt === null) {
    return backOff(history, why, now, roll);
  }
  const at = Math.max(now, told.reconnectAt);
  return wait(history, 'restart', at, at);
}

function backOff(history: History, why: WaitReason, now: number, roll: number): Step {
  const at = now + fullJitter(history.failures, roll);
  return wait({ ...history, failures: history.failures + 1 }, why, at, now);
}

function wait(history: History, why: WaitReason, due: number, notBefore: number): Step {
  return stay({ name: 'waiting', history, due, notBefore, why });
}

function shut(history: History, why: ClosedReason, code: number | null = null): Step {
  return stay({ name: 'closed', history, why, code });
}

/** Ends the socket, if there is one, before going on. */
function hangUp(machine: Machine, next: Step): Step {
  return isOpen(machine) ? { machine: next.machine, effects: [{ do: 'close', code: 1000 }, ...next.effects] } : next;
}

function forgetting(next: Step): Step {
  return { machine: next.machine, effects: [...next.effects, { do: 'forget_positions' }] };
}

function stay(machine: Machine): Step {
  return { machine, effects: [] };
}

/* ---- time ---- */

function onTick(machine: Machine, now: number, roll: number): Step {
  const due = dueAt(machine);
  if (due === null || now < due) {
    return stay(machine);
  }
  switch (machine.name) {
    case 'connecting':
    case 'authenticating':
      return hangUp(machine, backOff(machine.history, 'timeout', now, roll));
    case 'waiting':
      return attempt(machine.history, 'connect', now);
    case 'live':
      return onLiveTick(machine, now, now - due > LATE_MS, roll);
    case 'idle':
    case 'closed':
      return stay(machine);
  }
}

function liveDueAt(machine: Live): number {
  const silentAt = machine.probe?.due ?? machine.heardAt + 2 * machine.intervalMs;
  return Math.min(machine.beatAt, silentAt, isClean(machine.history) ? Infinity : machine.stableAt);
}

function onLiveTick(before: Live, now: number, late: boolean, roll: number): Step {
  const machine = now >= before.stableAt ? { ...before, history: cleaned(before.history) } : before;
  if (machine.probe !== null && now >= machine.probe.due) {
    return hangUp(machine, wait(machine.history, 'silent', now + atOnce(roll), now));
  }
  if (late && machine.probe === null) {
    return probe(machine, now); // after a pause of our own nobody is judged silent: what came meanwhile is not yet read
  }
  if (machine.probe === null && now >= machine.heardAt + 2 * machine.intervalMs) {
    return hangUp(machine, wait(machine.history, 'silent', now + atOnce(roll), now));
  }
  return now >= machine.beatAt ? beat(machine, now) : stay(machine);
}

function beat(machine: Live, now: number): Step {
  const beats = machine.beats + 1;
  return {
    machine: { ...machine, beats, beatAt: now + machine.intervalMs },
    effects: [{ do: 'heartbeat', id: `heartbeat-${machine.history.conn}-${beats}` }],
  };
}

/** Asks for a sign of life within PROBE_MS. Only this heartbeat's own answer counts: old bytes may still lie in a buffer. */
function probe(machine: Live, now: number): Step {
  if (machine.probe !== null) {
    return stay(machine);
  }
  const id = `heartbeat-${machine.history.conn}-${machine.beats + 1}`;
  return beat({ ...machine, probe: { id, due: now + PROBE_MS } }, now);
}

function onNudge(machine: Machine, now: number, roll: number): Step {
  switch (machine.name) {
    case 'waiting': {
      const due = Math.min(machine.due, Math.max(machine.notBefore, now + atOnce(roll)));
      return stay({ ...machine, due });
    }
    case 'live':
      return probe(machine, now);
    default:
      return stay(machine);
  }
}

function isClean(history: History): boolean {
  return history.failures === 0 && history.throttled === 0 && history.refused === 0;
}

function cleaned(history: History): History {
  return { ...history, failures: 0, throttled: 0, refused: 0 };
}
