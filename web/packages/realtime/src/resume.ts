/* resume.ts: which locations are followed, and up to which event of each.
 *
 * A location's events are numbered 1, 2, 3, … without gaps. Only a delivered event moves a position: never a reply's
 * `seq`, never `heads`. What is at or below the position was seen and is ignored; what leaves one out means that
 * something was lost, and then nothing more of that location is delivered until it is subscribed again.
 *
 * A place is   pending    wanted; the server has not yet said that it follows
 *              following  events arrive
 *              lost       a snapshot is needed; no event of it is delivered until it is subscribed again
 *
 * Pure bookkeeping: what is to be sent is returned. Tests: resume.test.ts, tests/property.test.ts. */
import type { Message } from './messages.ts';

type Heads = Readonly<Record<string, number>>;

export interface Position {
  readonly epoch: string | null;
  readonly after: Heads;
}

/** The part of `authenticate` that says what to follow. */
export interface FollowRequest {
  readonly locations?: readonly string[]; // left out: all that the token allows
  readonly resume?: Position;
}

export type ResyncReason = 'server' | 'gap';

export type FollowNews =
  | { readonly is: 'following'; readonly location: string; readonly fresh: boolean }
  | { readonly is: 'refused'; readonly location: string; readonly code: string }
  | { readonly is: 'resync'; readonly location: string; readonly head: number | null; readonly reason: ResyncReason };

export type Verdict = 'deliver' | 'duplicate' | 'gap' | 'not_followed';

/** What is to be sent on a live connection so that the server follows what is wanted. */
export interface FollowCommands {
  readonly unsubscribe: readonly string[];
  readonly subscribe: readonly string[] | '*';
  readonly resume?: Position;
}

interface Place {
  status: 'pending' | 'following' | 'lost';
  asked: boolean; // this connection was asked to follow it
  seq: number | null; // the last delivered event; null: none yet
  resumed: boolean; // this connection was asked to go on after `seq`
}

export class Follows {
  #epoch: string | null;
  #all: boolean;
  #allAsked = false;
  readonly #places = new Map<string, Place>();
  readonly #toLeave = new Set<string>(); // followed by the server, wanted no more

  constructor(locations: readonly string[] | '*' = [], position: Position = { epoch: null, after: {} }) {
    this.#epoch = position.epoch;
    this.#all = locations === '*';
    const names = locations === '*' ? Object.keys(position.after) : locations;
    for (const name of names) {
      this.#places.set(name, pendingAt(position.after[name] ?? null));
    }
  }

  /** What to hand to a later client so that it goes on from here. */
  get position(): Position {
    return { epoch: this.#epoch, after: this.#after(this.#places.keys()) };
  }

  /* ---- what the app wants ---- */

  /** `after`: what the app's own snapshot showed, to go on from there without a gap. */
  want(locations: readonly string[], after: Heads = {}, epoch: string | null = this.#epoch): void {
    const known = this.#epoch !== null && epoch === this.#epoch;
    for (const name of locations) {
      const place = this.#places.get(name);
      if (place === undefined || place.status === 'lost') {
        this.#places.set(name, pendingAt(known ? (after[name] ?? null) : null));
      }
    }
  }

  wantAll(): void {
    this.#all = true;
  }

  leave(locations: readonly string[] | '*'): void {
    for (const name of locations === '*' ? [...this.#places.keys()] : locations) {
      if (this.#places.get(name)?.asked === true) {
        this.#toLeave.add(name);
      }
      this.#places.delete(name);
    }
    if (locations === '*') {
      this.#all = false;
    }
  }

  /* ---- what the connection needs ---- */

  /** For `authenticate` on a new connection, which knows nothing of what was asked on the one before. `bare`: nothing is
   * asked yet, all of it follows by subscribe. */
  opening(bare = false): FollowRequest {
    this.#toLeave.clear();
    this.#allAsked = this.#all && !bare;
    for (const place of this.#places.values()) {
      place.status = 'pending';
      place.asked = false;
    }
    if (bare) {
      return { locations: [] };
    }
    const names = [...this.#places.keys()];
    return { ...(this.#all ? {} : { locations: names }), ...this.#ask(names) };
  }

  /** Once live: what has changed since. Marks it as asked, so it has to be sent. */
  commands(): FollowCommands {
    const unsubscribe = [...this.#toLeave];
    this.#toLeave.clear();
    const names = [...this.#places].filter(([, place]) => place.status === 'pending' && !place.asked).map(([name]) => name);
    const subscribe = this.#all && !this.#allAsked ? '*' : names;
    this.#allAsked = this.#all;
    return { unsubscribe, subscribe, ...this.#ask(names) };
  }

  /* ---- what the server says ---- */

  /** A new connection is in. Another epoch is another history: what was seen before says nothing about it, so all is
   * fresh, and what was to be resumed gets its resync_required beside. */
  joined({ epoch, heads, locations }: Message<'authentication_success'>['payload']): FollowNews[] {
    const allowed = (name: string) => locations === '*' || locations.includes(name);
    const awaitResync = new Set([...this.#places].filter(([name, place]) => place.resumed && allowed(name)).map(([name]) => name));
    if (this.#epoch !== epoch) {
      this.forget();
    }
    this.#epoch = epoch;
    this.#addAll(heads);
    const asked = [...this.#places].filter(([, place]) => place.asked);
    return asked.flatMap(([name, place]): FollowNews[] => {
      if (Object.hasOwn(heads, name)) {
        return [follow(name, place)];
      }
      return awaitResync.has(name) ? [] : [this.#refuse(name, 'forbidden')];
    });
  }

  /** The answer to a `subscribe` that this client sent. */
  subscribed({ heads, refused }: Message<'subscribed'>['payload']): FollowNews[] {
    this.#addAll(heads);
    const news: FollowNews[] = [];
    for (const [name, place] of this.#places) {
      if (place.status === 'pending' && place.asked && Object.hasOwn(heads, name)) {
        news.push(follow(name, place));
      }
    }
    return [...news, ...this.refused(refused)];
  }

  /** These are not followed, each with the code that says why. */
  refused(codes: Readonly<Record<string, string>>): FollowNews[] {
    return Object.entries(codes).filter(([name]) => this.#places.has(name)).map(([name, code]) => this.#refuse(name, code));
  }

  /** Judges one event of a location's log, and moves the position if it is to be delivered. */
  take(location: string, seq: number): Verdict {
    const place = this.#places.get(location);
    if (place === undefined || place.status === 'lost') {
      return 'not_followed';
    }
    if (place.seq !== null && seq <= place.seq) {
      return 'duplicate';
    }
    if (place.seq !== null && seq > place.seq + 1) {
      return 'gap';
    }
    place.seq = seq;
    return 'deliver';
  }

  /** Something is missing. Returns null when that was known already. */
  lose(location: string, head: number | null, reason: ResyncReason): FollowNews | null {
    const place = this.#places.get(location);
    if (place === undefined || place.status === 'lost') {
      return null;
    }
    place.status = 'lost';
    place.seq = null;
    // A gap the server does not know of. Where it said so itself this is needed too: what it said may have crossed with a
    // new subscribe of ours, and the next one would then be about a location that is followed already.
    this.#toLeave.add(location);
    return { is: 'resync', location, head, reason };
  }

  /** `heads` of a heartbeat_ack: what was put into this connection's queue before it, so all of it must be here. */
  behind(heads: Heads): readonly string[] {
    return Object.keys(heads).filter((name) => {
      const place = this.#places.get(name);
      return place?.status === 'following' && place.seq !== null && place.seq < (heads[name] ?? 0);
    });
  }

  /** Snapshot instead of resume, everywhere. */
  forget(): void {
    for (const place of this.#places.values()) {
      place.seq = null;
      place.resumed = false;
    }
  }

  #ask(names: readonly string[]): { resume?: Position } {
    for (const name of names) {
      const place = this.#places.get(name);
      if (place !== undefined) {
        place.asked = true;
        place.resumed = this.#epoch !== null && place.seq !== null;
      }
    }
    const after = this.#after(names);
    return this.#epoch !== null && Object.keys(after).length > 0 ? { resume: { epoch: this.#epoch, after } } : {};
  }

  #addAll(heads: Heads): void {
    if (this.#all) {
      for (const name of Object.keys(heads).filter((each) => !this.#places.has(each))) {
        this.#places.set(name, { ...pendingAt(null), asked: true });
      }
    }
  }

  #after(locations: Iterable<string>): Heads {
    const after: Record<string, number> = {};
    for (const name of locations) {
      const seq = this.#places.get(name)?.seq ?? null;
      if (seq !== null) {
        after[name] = seq;
      }
    }
    return after;
  }

  #refuse(location: string, code: string): FollowNews {
    this.#places.delete(location);
    return { is: 'refused', location, code };
  }
}

function pendingAt(seq: number | null): Place {
  return { status: 'pending', asked: false, seq, resumed: false };
}

function follow(location: string, place: Place): FollowNews {
  place.status = 'following';
  return { is: 'following', location, fresh: !place.resumed };
}
