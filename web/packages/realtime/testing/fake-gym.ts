/* testing/fake-gym.ts: what a fake server keeps across restarts: a log for each location, the answered requests, who is
 * in. As much of the contract's rules as a client can notice. */
import type { Clock } from '../src/surroundings.ts';

export interface FakeEvent {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>> & { readonly seq: number; readonly location: string };
}

export interface FakeReply {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface FakeCommand {
  readonly type: 'check_in' | 'check_out';
  readonly id: string | null;
  readonly user: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

interface Visit {
  readonly id: number;
  readonly location: string;
  readonly at: string;
}

const MEMBERS = 1_000;
const REPEAT_MS = 60_000;

export class FakeGym {
  readonly #clock: Clock;
  readonly #logs = new Map<string, FakeEvent[]>();
  readonly #answered = new Map<string, { readonly asked: string; readonly reply: FakeReply }>();
  readonly #inside = new Map<number, Visit>();
  #epochs = 1;
  #visits = 0;
  /** Hears each event once it is written down. */
  onEvent: (event: FakeEvent) => void = () => undefined;
  /** How often each request id was carried out in this history: never more than once, if all is well. */
  readonly carriedOut = new Map<string, number>();

  constructor(clock: Clock, locations: readonly string[]) {
    this.#clock = clock;
    for (const location of locations) {
      this.#logs.set(location, []);
    }
  }

  get epoch(): string {
    return `epoch-${this.#epochs}`;
  }

  get locations(): readonly string[] {
    return [...this.#logs.keys()];
  }

  has(location: string): boolean {
    return this.#logs.has(location);
  }

  head(location: string): number {
    return this.#logs.get(location)?.length ?? 0;
  }

  log(location: string): readonly FakeEvent[] {
    return this.#logs.get(location) ?? [];
  }

  /** What GET /locations/{slug}/snapshot would give. */
  snapshot(location: string): { head: number; stats: Record<string, unknown> } {
    return { head: this.head(location), stats: this.stats(location) };
  }

  /** A restored backup: another epoch, and logs that end earlier. */
  restoreBackup(keep = 0): void {
    this.#epochs += 1;
    this.#answered.clear();
    this.carriedOut.clear();
    this.#inside.clear();
    for (const log of this.#logs.values()) {
      log.length = Math.min(log.length, keep);
    }
  }

  /** Answers a command; an id that made an event before is answered as it was then. */
  carryOut(command: FakeCommand): FakeReply {
    const key = `${command.user}/${command.id}`;
    const asked = JSON.stringify([command.type, command.payload]);
    const before = command.id === null ? undefined : this.#answered.get(key);
    if (before !== undefined) {
      return before.asked === asked ? { ...before.reply, payload: { ...before.reply.payload, replayed: true } } : refusal(command, 'id_reused');
    }
    const reply = this.#decide(command);
    if (command.id !== null && reply.payload['seq'] !== undefined && reply.payload['repeated'] !== true) {
      this.#answered.set(key, { asked, reply });
      this.carriedOut.set(command.id, (this.carriedOut.get(command.id) ?? 0) + 1);
    }
    return reply;
  }

  stats(location: string): Record<string, unknown> {
    const log = this.log(location);
    const count = (type: string) => log.filter((event) => event.type === type).length;
    return {
      location, date: new Date(this.#clock.wallNow()).toISOString().slice(0, 10), timezone: 'UTC', currently_in: this.#countIn(location),
      capacity: null, check_ins_today: count('member_checked_in'), check_outs_today: count('member_checked_out'), unique_members_today: 0,
      average_visit_seconds: null, peak_today: 0, peak_at: null, hourly: Array<number>(24).fill(0), denied_today: count('check_in_denied'),
      as_of_seq: log.length,
    };
  }

  /** Something that this follower may not see. */
  hide(location: string): void {
    this.#write('event_hidden', location, {});
  }

  #decide(command: FakeCommand): FakeReply {
    const location = String(command.payload['location'] ?? this.locations[0]);
    const member = Number(command.payload['member_id'] ?? command.payload['code']);
    if (!this.has(location)) {
      return refusal(command, 'location_not_found');
    }
    if (!Number.isInteger(member) || member < 1 || member > MEMBERS) {
      this.#write('check_in_denied', location, { at: this.#time(), code: 'member_not_found', member: null, code_last4: '', source: 'desk' });
      return refusal(command, 'member_not_found');
    }
    return command.type === 'check_in' ? this.#checkIn(command, member, location) : this.#checkOut(command, member);
  }

  #checkIn(command: FakeCommand, member: number, location: string): FakeReply {
    const open = this.#inside.get(member);
    if (open?.location === location) {
      const repeated = this.#clock.wallNow() - Date.parse(open.at) < REPEAT_MS;
      return repeated ? this.#checkInSuccess(member, open, true) : refusal(command, 'already_checked_in', { member: person(member), can_override: true });
    }
    if (open !== undefined) {
      this.#leave(member, open, true);
    }
    this.#visits += 1;
    const visit: Visit = { id: this.#visits, location, at: this.#time() };
    this.#inside.set(member, visit);
    this.#write('member_checked_in', location, {
      at: visit.at, visit_id: visit.id, member: person(member), source: 'desk', by: null, notes: command.payload['notes'] ?? null, warnings: [],
      currently_in: this.#countIn(location),
    });
    return this.#checkInSuccess(member, visit, false);
  }

  #checkInSuccess(member: number, visit: Visit, repeated: boolean): FakeReply {
    return {
      type: 'check_in_success',
      payload: {
        success: true, visit_id: visit.id, member: person(member), location: visit.location, checked_in_at: visit.at,
        seq: this.head(visit.location), currently_in: this.#countIn(visit.location), replayed: false, repeated, warnings: [], greetings: [],
      },
    };
  }

  #checkOut(command: FakeCommand, member: number): FakeReply {
    const visit = this.#inside.get(member);
    if (visit === undefined) {
      return refusal(command, 'not_checked_in', { member: person(member) });
    }
    const seconds = this.#leave(member, visit, false);
    return {
      type: 'check_out_success',
      payload: {
        success: true, visit_id: visit.id, member: person(member), location: visit.location, checked_in_at: visit.at,
        checked_out_at: this.#time(), duration_seconds: seconds, seq: this.head(visit.location),
        currently_in: this.#countIn(visit.location), replayed: false,
      },
    };
  }

  #leave(member: number, visit: Visit, automatic: boolean): number {
    this.#inside.delete(member);
    const seconds = Math.round((this.#clock.wallNow() - Date.parse(visit.at)) / 1_000);
    this.#write('member_checked_out', visit.location, {
      at: this.#time(), visit_id: visit.id, member: person(member), source: 'desk', by: null, notes: null, warnings: [],
      currently_in: this.#countIn(visit.location), duration_seconds: seconds, automatic,
    });
    return seconds;
  }

  #write(type: string, location: string, payload: Readonly<Record<string, unknown>>): void {
    const log = this.#logs.get(location);
    if (log !== undefined) {
      const event: FakeEvent = { type, payload: { seq: log.length + 1, location, ...payload } };
      log.push(event);
      this.onEvent(event);
    }
  }

  #countIn(location: string): number {
    return [...this.#inside.values()].filter((visit) => visit.location === location).length;
  }

  #time(): string {
    return new Date(this.#clock.wallNow()).toISOString();
  }
}

export function refusal(command: { readonly type: string }, code: string, more: Readonly<Record<string, unknown>> = {}): FakeReply {
  const sentence = code === 'member_not_found' ? 'Member not found' : `Refused: ${code}`;
  return { type: 'error', payload: { success: false, error: sentence, code, request: command.type, ...more } };
}

function person(id: number): Record<string, unknown> {
  return { id, name: `Member ${id}`, first_name: 'Member', photo_url: null, status: 'active' };
}
