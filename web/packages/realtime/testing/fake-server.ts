/* testing/fake-server.ts: a server that speaks the contract, in memory and in a test's own time. Give its `openSocket`
 * and `url` to a client as surroundings; pull its levers (cut, drain, answerNext, …) to make trouble. */
import type { Clock, SocketFactory } from '../src/surroundings.ts';
import { FakeGym, refusal, type FakeCommand, type FakeEvent, type FakeReply } from './fake-gym.ts';
import { FakeWire } from './fake-network.ts';

export interface FakeServerOptions {
  readonly locations?: readonly string[];
  readonly heartbeatSeconds?: number;
  /** One way, in ms. */
  readonly latency?: () => number;
  /** Events of one location that a resume gives at most; more are a resync. */
  readonly maxResume?: number;
}

interface Request {
  readonly type: string;
  readonly id: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

interface Connection {
  readonly wire: FakeWire;
  readonly following: Set<string>;
  readonly resync: Set<string>; // not followed any more until subscribed again
  readonly last: Map<string, FakeEvent>; // the last event sent of each location
  user: string | null;
  token: string | null;
}

export class FakeServer {
  readonly gym: FakeGym;
  readonly #clock: Clock;
  readonly #options: Required<FakeServerOptions>;
  readonly #connections = new Set<Connection>();
  readonly #tickets = new Map<string, string>();
  readonly #tokens = new Map<string, string>();
  readonly #planned: Array<{ readonly type: string; readonly reply: FakeReply | null }> = [];
  #toLose = 0;
  #beating: (() => void) | null = null;
  /** False: connections are refused, as when nothing listens. */
  up = true;
  /** What every new connection is closed with instead of being let in; null: let in. */
  turnAway: { readonly code: number; readonly error?: FakeReply } | null = null;
  /** Everything that clients sent, newest last. */
  readonly received: Request[] = [];
  /** Upgrades that were accepted so far. */
  opened = 0;

  constructor(clock: Clock, options: FakeServerOptions = {}) {
    this.#clock = clock;
    this.#options = { locations: ['main', 'north'], heartbeatSeconds: 25, latency: () => 1, maxResume: 10_000, ...options };
    this.gym = new FakeGym(clock, this.#options.locations);
    this.gym.onEvent = (event) => this.#broadcast(event);
  }

  /* ---- for the surroundings ---- */

  readonly url = (ticket: string | null): string => `ws://gym.test/ws/checkins/${ticket === null ? '' : `?ticket=${ticket}`}`;

  readonly openSocket: SocketFactory = (url, handlers) => {
    const wire = new FakeWire(this.#clock, this.#options.latency, handlers);
    if (this.up) {
      this.#clock.after(0, () => this.#accept(wire, new URL(url).searchParams.get('ticket')));
    } else {
      wire.cut();
    }
    return wire.socket;
  };

  /* ---- levers ---- */

  token(user = '1'): string {
    const token = `token-${this.#tokens.size + 1}`;
    this.#tokens.set(token, user);
    return token;
  }

  /** Good for one connection. */
  ticket(user = '1'): string {
    const ticket = `ticket-${this.received.length}-${this.opened}-${this.#tickets.size}`;
    this.#tickets.set(ticket, user);
    return ticket;
  }

  revokeTokens(): void {
    this.#tokens.clear();
  }

  get connected(): number {
    return this.#connections.size;
  }

  /** The network fails for all. */
  cut(): void {
    this.#eachEnding((wire) => wire.cut());
  }

  /** Ends all connections with a close code. */
  close(code: number): void {
    this.#eachEnding((wire) => wire.close(code));
  }

  /** Connections stay open and nothing passes, unnoticed. */
  goSilent(): void {
    this.#eachEnding((wire) => wire.goSilent());
  }

  drain(reconnectAfterMs: number): void {
    this.send({ type: 'server_draining', payload: { reconnect_after_ms: reconnectAfterMs } });
    this.close(1012);
  }

  /** To all who are connected. */
  send(message: object): void {
    this.#connections.forEach(({ wire }) => wire.send(message));
  }

  sendText(text: string): void {
    this.#connections.forEach(({ wire }) => wire.sendText(text));
  }

  /** The next request of this type is not carried out but answered so; null: not answered at all. */
  answerNext(type: string, reply: FakeReply | null): void {
    this.#planned.push({ type, reply });
  }

  /** No more surprises from answerNext() and loseNextEvent(). */
  forgetPlans(): void {
    this.#planned.length = 0;
    this.#toLose = 0;
  }

  /** Too slow: `resync_required`, and no more events of that location. */
  requireResync(location: string): void {
    for (const connection of this.#connections) {
      if (connection.following.has(location)) {
        this.#resync(connection, location);
      }
    }
  }

  /** A broken server: the next event to be sent to someone is not, unless it is the first of its location on a connection:
   * nobody could miss that. */
  loseNextEvent(): void {
    this.#toLose += 1;
  }

  /** A broken server: everyone gets what they got last once more. */
  repeatLastEvents(): void {
    this.#connections.forEach(({ wire, last }) => last.forEach((event) => wire.send(event)));
  }

  /** A check-in at another desk. */
  checkInElsewhere(member: number, location: string): FakeReply {
    return this.gym.carryOut({ type: 'check_in', id: null, user: 'elsewhere', payload: { member_id: member, location } });
  }

  /** Sends its own heartbeats from now on. */
  beat(): void {
    this.#beating?.();
    this.#beating = this.#clock.after(this.#options.heartbeatSeconds * 1_000, () => {
      this.#connections.forEach((connection) => this.#say(connection, 'heartbeat', null, { heads: this.#heads(connection) }));
      this.beat();
    });
  }

  /* ---- the protocol ---- */

  #accept(wire: FakeWire, ticket: string | null): void {
    this.opened += 1;
    const connection: Connection = { wire, following: new Set(), resync: new Set(), last: new Map(), user: null, token: null };
    this.#connections.add(connection);
    wire.accept({
      toServer: (text) => this.#receive(connection, JSON.parse(text) as Request),
      clientClosed: () => void this.#connections.delete(connection),
    });
    if (this.turnAway !== null) {
      this.#turnAway(connection, this.turnAway.code, this.turnAway.error);
    } else if (ticket !== null) {
      this.#redeem(connection, ticket);
    }
  }

  #redeem(connection: Connection, ticket: string): void {
    connection.user = this.#tickets.get(ticket) ?? null;
    this.#tickets.delete(ticket);
    if (connection.user === null) {
      this.#turnAway(connection, 4401, refusal({ type: 'authenticate' }, 'unauthenticated'));
    } else {
      this.#welcome(connection, null, {});
    }
  }

  #turnAway(connection: Connection, code: number, error?: FakeReply): void {
    if (error !== undefined) {
      connection.wire.send(error);
    }
    connection.wire.close(code);
    this.#connections.delete(connection);
  }

  #receive(connection: Connection, request: Request): void {
    if (!this.#connections.has(connection)) {
      return; // after its own Close the server reads on and discards
    }
    this.received.push(request);
    const plan = this.#planned.findIndex(({ type }) => type === request.type);
    if (plan >= 0) {
      const [planned] = this.#planned.splice(plan, 1);
      return planned?.reply ? this.#say(connection, planned.reply.type, request.id, planned.reply.payload) : undefined;
    }
    if (request.type === 'authenticate') {
      return this.#authenticate(connection, request);
    }
    if (connection.user === null && request.type !== 'heartbeat') {
      return this.#turnAway(connection, 4401, { ...refusal(request, 'unauthenticated') });
    }
    this.#carryOut(connection, request, connection.user ?? '');
  }

  #carryOut(connection: Connection, request: Request, user: string): void {
    switch (request.type) {
      case 'heartbeat':
        return this.#say(connection, 'heartbeat_ack', request.id, { server_time: this.#time(), echo: request.payload, heads: this.#heads(connection) });
      case 'check_in':
      case 'check_out': {
        const reply = this.gym.carryOut({ ...request, user } as FakeCommand);
        return this.#say(connection, reply.type, request.id, reply.payload);
      }
      case 'get_stats': {
        const location = request.payload['location'];
        const all = () => ({ locations: this.gym.locations.map((name) => this.gym.stats(name)) });
        return this.#say(connection, 'stats', request.id, typeof location === 'string' ? this.gym.stats(location) : all());
      }
      case 'subscribe':
        return this.#subscribe(connection, request);
      case 'unsubscribe': {
        const names = request.payload['locations'] as string[];
        names.forEach((name) => connection.following.delete(name));
        return this.#say(connection, 'unsubscribed', request.id, { heads: this.#headsOf(names) });
      }
      default: {
        const { type, payload } = refusal(request, 'unknown_type');
        return this.#say(connection, type, request.id, payload);
      }
    }
  }

  #authenticate(connection: Connection, request: Request): void {
    const { token } = request.payload;
    const refresh = connection.user !== null && token !== undefined;
    const user = token === undefined ? connection.user : (this.#tokens.get(String(token)) ?? null);
    if (user === null || (refresh && user !== connection.user)) {
      return this.#turnAway(connection, 4401, { ...refusal(request, 'unauthenticated') });
    }
    connection.user = user;
    if (refresh) {
      return this.#welcome(connection, request.id, {});
    }
    const names = (request.payload['locations'] as string[] | undefined) ?? this.gym.locations;
    if (this.#resumesFollowed(connection, request)) {
      return this.#say(connection, 'error', request.id, refusal(request, 'bad_message').payload);
    }
    if (names.some((name) => !this.gym.has(name))) {
      return this.#say(connection, 'error', request.id, refusal(request, 'location_not_found').payload);
    }
    const { missed, lost } = this.#follow(connection, names, request);
    const recovered = request.payload['resume'] === undefined ? {} : { recovered: lost.length === 0 };
    this.#welcome(connection, request.id, { heads: this.#headsOf(names), ...recovered });
    lost.forEach((name) => this.#resync(connection, name));
    if (connection.following.size > 0) {
      const locations = [...connection.following].map((name) => this.gym.stats(name));
      this.#say(connection, 'initial_stats', null, { locations, totals: {}, recent: [] });
    }
    missed.forEach((event) => this.#sendEvent(connection, event));
  }

  #subscribe(connection: Connection, request: Request): void {
    if (this.#resumesFollowed(connection, request)) {
      return this.#say(connection, 'error', request.id, refusal(request, 'bad_message').payload);
    }
    const asked = request.payload['locations'] === '*' ? this.gym.locations : (request.payload['locations'] as string[]);
    const known = asked.filter((name) => this.gym.has(name));
    const { missed, lost } = this.#follow(connection, known, request);
    const refused = Object.fromEntries(asked.filter((name) => !this.gym.has(name)).map((name) => [name, 'location_not_found']));
    this.#say(connection, 'subscribed', request.id, { heads: this.#headsOf(known), refused });
    lost.forEach((name) => this.#resync(connection, name));
    missed.forEach((event) => this.#sendEvent(connection, event));
  }

  #resumesFollowed(connection: Connection, request: Request): boolean {
    const after = (request.payload['resume'] as { after?: object } | undefined)?.after ?? {};
    return Object.keys(after).some((name) => connection.following.has(name));
  }

  /** All or nothing for each location: what it missed, or that it has to start anew. */
  #follow(connection: Connection, names: readonly string[], request: Request): { missed: FakeEvent[]; lost: string[] } {
    const resume = request.payload['resume'] as { epoch: string; after: Record<string, number> } | undefined;
    const missed: FakeEvent[] = [];
    const lost: string[] = [];
    for (const name of names) {
      const after = resume?.after[name];
      const behind = after === undefined ? 0 : this.gym.head(name) - after;
      if (after !== undefined && (resume?.epoch !== this.gym.epoch || behind < 0 || behind > this.#options.maxResume)) {
        lost.push(name);
        continue;
      }
      connection.resync.delete(name);
      connection.following.add(name);
      missed.push(...(after === undefined ? [] : this.gym.log(name).slice(after)));
    }
    return { missed, lost };
  }

  #welcome(connection: Connection, id: string | null, more: object): void {
    const user = { id: Number(connection.user), name: `User ${connection.user}`, role: 'staff' };
    this.#say(connection, 'authentication_success', id, {
      user, locations: this.gym.locations, expires_at: null, server_time: this.#time(), heartbeat_interval: this.#options.heartbeatSeconds,
      server_version: 'fake', protocol: 1, epoch: this.gym.epoch, heads: this.#heads(connection), ...more,
    });
  }

  #resync(connection: Connection, location: string): void {
    connection.following.delete(location);
    connection.resync.add(location);
    this.#say(connection, 'resync_required', null, { location, head: this.gym.head(location) });
  }

  #broadcast(event: FakeEvent): void {
    for (const connection of this.#connections) {
      if (connection.following.has(event.payload.location)) {
        this.#sendEvent(connection, event);
        connection.wire.send({ type: 'stats_update', payload: this.gym.stats(event.payload.location) });
      }
    }
  }

  #sendEvent(connection: Connection, event: FakeEvent): void {
    const first = !connection.last.has(event.payload.location);
    connection.last.set(event.payload.location, event);
    if (this.#toLose > 0 && !first) {
      this.#toLose -= 1;
    } else {
      connection.wire.send(event);
    }
  }

  #heads(connection: Connection): Record<string, number> {
    return this.#headsOf([...connection.following, ...connection.resync]);
  }

  #headsOf(names: readonly string[]): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, this.gym.head(name)]));
  }

  #say(connection: Connection, type: string, id: string | null, payload: object): void {
    connection.wire.send(id === null ? { type, payload } : { type, id, payload });
  }

  #eachEnding(end: (wire: FakeWire) => void): void {
    const ending = [...this.#connections];
    this.#connections.clear();
    ending.forEach(({ wire }) => end(wire));
  }

  #time(): string {
    return new Date(this.#clock.wallNow()).toISOString();
  }
}
