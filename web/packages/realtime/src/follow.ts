/* follow.ts: who needs what, counted. The first one begins it; when the last has left it goes on for a grace, so that
 * leaving one page for another that needs the same (or React's mounting twice) costs no unsubscribe and no gap. */
import type { RealtimeClient } from './client.ts';
import type { Clock } from './surroundings.ts';

export const FOLLOW_GRACE_MS = 5_000;

type Timers = Pick<Clock, 'after'>;

export class Lease {
  readonly #clock: Timers;
  readonly #graceMs: number;
  readonly #begin: () => void;
  readonly #end: () => void;
  #holders = 0;
  #callOff: (() => void) | null = null;

  constructor(clock: Timers, graceMs: number, begin: () => void, end: () => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#begin = begin;
    this.#end = end;
  }

  /** Returns the function that gives it back; a second call of that does nothing. */
  take(): () => void {
    this.#holders += 1;
    if (this.#callOff !== null) {
      this.#callOff();
      this.#callOff = null;
    } else if (this.#holders === 1) {
      this.#begin();
    }
    let held = true;
    return () => {
      if (held) {
        held = false;
        this.#giveBack();
      }
    };
  }

  #giveBack(): void {
    this.#holders -= 1;
    if (this.#holders === 0) {
      this.#callOff = this.#clock.after(this.#graceMs, () => {
        this.#callOff = null;
        this.#end();
      });
    }
  }
}

/** A lease for each location of one client. */
export class FollowCounts {
  readonly #client: RealtimeClient;
  readonly #clock: Timers;
  readonly #leases = new Map<string, Lease>();

  constructor(client: RealtimeClient, clock: Timers) {
    this.#client = client;
    this.#clock = clock;
  }

  follow(location: string): () => void {
    const lease = this.#leases.get(location) ?? this.#leaseOf(location);
    this.#leases.set(location, lease);
    return lease.take();
  }

  #leaseOf(location: string): Lease {
    const end = () => {
      this.#leases.delete(location);
      this.#client.unsubscribe([location]);
    };
    return new Lease(this.#clock, FOLLOW_GRACE_MS, () => this.#client.subscribe([location]), end);
  }
}
