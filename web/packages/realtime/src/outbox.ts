/* outbox.ts: requests that wait for their answer, keyed by request id.
 *
 * A request is sent once on each connection, with the same id every time, until it is answered: the server carries an
 * id out once, so a request that was answered into a dead connection is answered again, not done again.
 *
 * What is sent under an id never changes, or the server would call it `id_reused`. So the one thing that depends on the
 * moment, `occurred_at` on a check-in that had to wait long for the network, is settled when it is sent for the first time.
 *
 * Three kinds: `kept` (check-ins and check-outs: in the storage, across reloads), `asked` (questions: across
 * reconnects), `bound` (subscribe: means something on this connection only).
 * Bounded: at most `limit` kept ones; at most WINDOW unanswered on a connection. Pure: time is a parameter. */
import { errorFate } from './codes.ts';

export type RequestType = 'check_in' | 'check_out' | 'get_stats' | 'subscribe' | 'unsubscribe';
export type RequestKind = 'kept' | 'asked' | 'bound';

export interface OutboxEntry {
  readonly id: string;
  readonly type: RequestType;
  readonly kind: RequestKind;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly createdAt: number; // Unix ms
  readonly user: string | null; // whose request it is; null: asked before anyone was signed in
  readonly sent: boolean; // at least once, on whatever connection: its payload is settled
}

/** Where kept requests outlive the page. `load` gives what `put` was given, one record a request; it is parsed here. */
export interface OutboxStorage {
  load(): Promise<readonly unknown[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(id: string): Promise<void>;
}

/** A check-in that waited longer than this for its first sending says when it occurred. */
export const LATE_AFTER_MS = 60_000;
/** The server takes nothing older (`too_old`), and forgets ids after 7 days: older ones are not sent any more. */
export const TOO_OLD_MS = 72 * 3_600_000;
/** "Not now" (`unavailable`, …) for this long is passed on to whoever asked; late entries go on trying. */
export const PATIENCE_MS = 15_000;
export const WINDOW = 64;
const RETRY_MS = 1_000;

interface Slot {
  entry: OutboxEntry;
  conn: number | null; // the connection it was sent on and is unanswered
  notBefore: number; // monotonic
  refusedSince: number | null; // monotonic: the first "not now"
}

export class Outbox {
  readonly #limit: number;
  readonly #slots = new Map<string, Slot>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get entries(): readonly OutboxEntry[] {
    return [...this.#slots.values()].map((slot) => slot.entry);
  }

  /** False: it is full, and the entry was not taken. An id that is there already stays as it is. */
  add(entry: OutboxEntry): boolean {
    if (this.#slots.has(entry.id)) {
      return true;
    }
    if (entry.kind === 'kept' && this.entries.filter(({ kind }) => kind === 'kept').length >= this.#limit) {
      return false;
    }
    this.#slots.set(entry.id, { entry, conn: null, notBefore: 0, refusedSince: null });
    return true;
  }

  has(id: string): boolean {
    return this.#slots.has(id);
  }

  /** Takes what may be sent now on this connection, in the order asked, and marks it as sent on it. */
  take(conn: number, user: string, now: number, wallNow: number): readonly OutboxEntry[] {
    let room = WINDOW - [...this.#slots.values()].filter((slot) => slot.conn === conn).length;
    const ready: OutboxEntry[] = [];
    for (const slot of this.#slots.values()) {
      if (room > 0 && slot.conn !== conn && slot.notBefore <= now && mine(slot.entry, user)) {
        slot.entry = settled(slot.entry, user, wallNow);
        slot.conn = conn;
        ready.push(slot.entry);
        room -= 1;
      }
    }
    return ready;
  }

  /** It was answered, withdrawn or given up. */
  remove(id: string): OutboxEntry | null {
    const slot = this.#slots.get(id);
    this.#slots.delete(id);
    return slot?.entry ?? null;
  }

  /** An `error` came for it. True: that is its answer. False: it waits, to be sent again with the same id. */
  isFinal(id: string, code: string, retryAfterMs: number | null, now: number): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) {
      return true;
    }
    switch (errorFate(code)) {
      case 'final':
        return true;
      case 'signed_in':
        return false; // stays marked as sent on this connection: the next one takes it
      case 'later': {
        const since = slot.refusedSince ?? now;
        if (now - since >= PATIENCE_MS && !('occurred_at' in slot.entry.payload)) {
          return true;
        }
        slot.refusedSince = since;
        slot.conn = null;
        slot.notBefore = now + Math.max(RETRY_MS, retryAfterMs ?? 0);
        return false;
      }
    }
  }

  /** The connection ended: what was bound to it goes with it. */
  dropped(): readonly OutboxEntry[] {
    const bound = this.entries.filter((entry) => entry.kind === 'bound');
    for (const entry of bound) {
      this.#slots.delete(entry.id);
    }
    return bound;
  }

  /** Removes and returns what has waited too long to be worth sending. */
  tooOld(wallNow: number): readonly OutboxEntry[] {
    const old = this.entries.filter((entry) => wallNow - entry.createdAt > TOO_OLD_MS);
    for (const entry of old) {
      this.#slots.delete(entry.id);
    }
    return old;
  }

  /** When, on this connection, something that was put off may be sent again; null: nothing waits for time. */
  dueAt(conn: number, now: number): number | null {
    const times = [...this.#slots.values()].filter((slot) => slot.conn !== conn && slot.notBefore > now).map((slot) => slot.notBefore);
    return times.length === 0 ? null : Math.min(...times);
  }
}

/** Another person's request is never sent in this one's name. */
function mine(entry: OutboxEntry, user: string): boolean {
  return entry.user === null || entry.user === user;
}

function settled(entry: OutboxEntry, user: string, wallNow: number): OutboxEntry {
  if (entry.sent) {
    return entry;
  }
  const late = entry.kind === 'kept' && wallNow - entry.createdAt > LATE_AFTER_MS && !('occurred_at' in entry.payload);
  const payload = late ? { ...entry.payload, occurred_at: new Date(entry.createdAt).toISOString() } : entry.payload;
  return { ...entry, payload, user, sent: true };
}
