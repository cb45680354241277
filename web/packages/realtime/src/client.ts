/* client.ts: the thin shell around the machine. It carries effects out, hands what arrives to whoever keeps it
 * (resume.ts the positions, requests.ts the answers), and tells listeners. It decides nothing about the connection.
 *
 * After everything that happens comes `#settleDown`: send what may be sent now, tell the new state, set the one timer. */
import { Emitter } from './emitter.ts';
import { isLogEvent, parseMessage } from './messages.ts';
import type { LogEvent, Message, Payload, ServerMessage, Stats } from './messages.ts';
import { dueAt, idle, step } from './machine.ts';
import type { Ask, Effect, Machine, MachineEvent } from './machine.ts';
import type { OutboxEntry, RequestType } from './outbox.ts';
import { RequestError, Requests } from './requests.ts';
import type { Answer, Reply } from './requests.ts';
import { Follows } from './resume.ts';
import type { FollowNews, Position } from './resume.ts';
import { connectionState, isDraining, sameState } from './state.ts';
import type { ConnectionState } from './state.ts';
import { SignedOutError } from './surroundings.ts';
import type { Credentials, CredentialsProvider, Socket, Surroundings } from './surroundings.ts';

export interface ClientOptions {
  /** Followed from the start. `'*'`: all that the token allows. Default: none; see subscribe(). */
  readonly locations?: readonly string[] | '*';
  /** Where a former client stood (its `position`), to go on from there. */
  readonly position?: Position;
  /** How many check-ins and check-outs may wait for the connection. Default 500. */
  readonly outboxLimit?: number;
}

/** A member's id, or the code that was scanned. */
export type Who = number | string | { readonly code: string };

export interface RequestOptions {
  /** The request's id. Default: a random one. The same id is carried out once, however often it is asked. */
  readonly id?: string;
  /** When it happened, if not now (ISO 8601). */
  readonly occurredAt?: string;
}

export interface CheckInOptions extends RequestOptions {
  readonly override?: { readonly reason: string };
  readonly guest?: { readonly name: string; readonly of: number | string };
}

export interface SubscribeOptions {
  /** The heads of the snapshots that the app shows, to go on from there without a gap. */
  readonly after?: Readonly<Record<string, number>>;
  /** The epoch that those snapshots are of; where it is not the connection's, they say nothing, and it follows afresh. */
  readonly epoch?: string;
}

export interface Warning {
  readonly about: 'credentials' | 'storage' | 'socket' | 'message';
  readonly detail: string;
}

export interface ClientEvents {
  state: ConnectionState;
  /** In, on a new connection. */
  welcome: Payload<'authentication_success'>;
  initial: Payload<'initial_stats'>;
  /** The next event of a followed location's log; `event_hidden` too, so that whoever counts finds no gap. */
  event: LogEvent;
  stats: Stats;
  /** The server follows it from now on. `fresh`: not from where this client stood, so what was shown is out of date. */
  following: Extract<FollowNews, { is: 'following' }>;
  refused: Extract<FollowNews, { is: 'refused' }>;
  /** Fetch the location's snapshot, then subscribe again; until then no event of it is delivered. */
  resync: Extract<FollowNews, { is: 'resync' }>;
  /** A check-in or check-out was answered, also one of a former page. */
  answer: Answer;
  /** The list of what waits changed. */
  waiting: readonly OutboxEntry[];
  /** An error that answers no request of ours. */
  error: Payload<'error'>;
  token_expiring: Record<string, never>;
  warning: Warning;
}

export class RealtimeClient {
  readonly #around: Surroundings;
  readonly #emitter: Emitter<ClientEvents>;
  readonly #follows: Follows;
  readonly #requests: Requests;
  #provider: CredentialsProvider | null = null;
  #machine: Machine = idle();
  #state: ConnectionState = connectionState(this.#machine, 0, 0);
  #socket: Socket | null = null;
  #callOff: (() => void) | null = null;
  #user: string | null = null;
  #loaded = false;
  #waiting: readonly OutboxEntry[] = [];
  #dropped = { unknown: 0, malformed: 0 };

  constructor(around: Surroundings, options: ClientOptions = {}) {
    this.#around = around;
    this.#emitter = new Emitter(around.report ?? rethrowLater);
    this.#follows = new Follows(options.locations, options.position);
    this.#requests = new Requests({
      clock: around.clock,
      limit: options.outboxLimit ?? 500,
      storage: around.storage ?? null,
      answered: (answer) => this.#emitter.emit('answer', answer),
      changed: () => this.#waitingChanged(),
      storageFailed: (error) => this.#warn('storage', error),
    });
  }

  /* ---- for the app ---- */

  /** Listens; returns the function that ends it. */
  on<K extends keyof ClientEvents>(name: K, listener: (value: ClientEvents[K]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /** The same object until it changes. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Check-ins and check-outs that are not answered yet. The same array until it changes. */
  get waiting(): readonly OutboxEntry[] {
    return this.#waiting;
  }

  get position(): Position {
    return this.#follows.position;
  }

  /** Messages that were dropped: of a type that this client does not know, or not as the contract has them. */
  get droppedMessages(): Readonly<{ unknown: number; malformed: number }> {
    return this.#dropped;
  }

  /** Connects, and stays connected until close(). Called again: anew, with these credentials. */
  connect(credentials: string | CredentialsProvider): void {
    this.#provider = typeof credentials === 'string' ? fixedToken(credentials) : credentials;
    this.#user = null; // it may be another person from now on
    if (!this.#loaded) {
      this.#loaded = true;
      void this.#requests.load().then(() => this.#settleDown());
    }
    this.#happen({ on: 'connect' });
  }

  close(): void {
    this.#happen({ on: 'stop' });
  }

  /** The network is back, or someone looks at it again: don't wait longer than the server asked for; live, look whether it is so. */
  hurry(): void {
    this.#happen({ on: 'nudge' });
  }

  /** It may be dead without anyone having said so: ask, and reconnect if no answer comes. */
  doubt(): void {
    this.#happen({ on: 'doubt' });
  }

  async checkIn(who: Who, location?: string, notes?: string, options: CheckInOptions = {}): Promise<Payload<'check_in_success'>> {
    const { override, guest } = options;
    const payload = { ...whoPayload(who), location, notes, override, guest, occurred_at: options.occurredAt };
    return payloadOf(await this.#ask('check_in', payload, options.id), 'check_in_success');
  }

  async checkOut(who: Who, location?: string, notes?: string, options: RequestOptions = {}): Promise<Payload<'check_out_success'>> {
    const payload = { ...whoPayload(who), location, notes, occurred_at: options.occurredAt };
    return payloadOf(await this.#ask('check_out', payload, options.id), 'check_out_success');
  }

  async getStats(location?: string): Promise<Payload<'stats'>> {
    return payloadOf(await this.#ask('get_stats', { location }), 'stats');
  }

  /** Takes back a check-in or check-out that was never sent; false when it was. */
  withdraw(id: string): boolean {
    return this.#requests.withdraw(id);
  }

  /** Wants these followed, on this connection and all later ones. */
  subscribe(locations: readonly string[] | '*', options: SubscribeOptions = {}): void {
    if (locations === '*') {
      this.#follows.wantAll();
    } else {
      this.#follows.want(locations, options.after, options.epoch);
    }
    this.#settleDown();
  }

  unsubscribe(locations: readonly string[] | '*'): void {
    this.#follows.leave(locations);
    this.#settleDown();
  }

  /* ---- the machine ---- */

  #happen(event: MachineEvent): void {
    this.#advance(event);
    this.#settleDown();
  }

  #advance(event: MachineEvent): void {
    const before = this.#machine;
    const { machine, effects } = step(before, event, this.#around.clock.now(), this.#around.random());
    this.#machine = machine;
    if (before.name === 'live' && (machine.name !== 'live' || machine.history.conn !== before.history.conn)) {
      this.#requests.dropped();
    }
    for (const effect of effects) {
      this.#carryOut(effect);
    }
    if (machine.name === 'closed' && before.name !== 'closed') {
      this.#requests.closed();
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'credentials':
        return void this.#fetchCredentials(effect.conn, effect.ask);
      case 'open':
        return this.#open(effect.conn, effect.ticket);
      case 'authenticate':
        return this.#send('authenticate', effect.id, { ...tokenPayload(effect.token), ...this.#follows.opening(effect.bare) });
      case 'refresh':
        return this.#send('authenticate', this.#newId(), { token: effect.token });
      case 'heartbeat':
        return this.#send('heartbeat', effect.id, {});
      case 'close':
        this.#socket?.close(effect.code);
        this.#socket = null;
        return;
      case 'forget_positions':
        return this.#follows.forget();
      case 'reload':
        return this.#around.reload?.();
    }
  }

  async #fetchCredentials(conn: number, ask: Ask): Promise<void> {
    this.#happen(await this.#credentials(conn, ask));
  }

  async #credentials(conn: number, ask: Ask): Promise<MachineEvent> {
    try {
      const given: Partial<Record<'token' | 'ticket', string>> = await (this.#provider ?? nobody)(ask);
      return { on: 'credentials', conn, token: given.token ?? null, ticket: given.ticket ?? null };
    } catch (error) {
      const signedOut = error instanceof SignedOutError;
      if (!signedOut) {
        this.#warn('credentials', error);
      }
      return { on: 'no_credentials', conn, signedOut };
    }
  }

  #open(conn: number, ticket: string | null): void {
    try {
      this.#socket = this.#around.openSocket(this.#around.url(ticket), {
        opened: () => this.#happen({ on: 'opened', conn }),
        message: (text) => this.#receive(conn, text),
        closed: (code) => this.#happen({ on: 'closed', conn, code }),
      });
    } catch (error) {
      this.#warn('socket', error);
      this.#advance({ on: 'closed', conn, code: 1006 });
    }
  }

  #settleDown(): void {
    const machine = this.#machine;
    if (machine.name === 'live' && !isDraining(machine) && this.#user !== null) {
      this.#sendFollows(machine.history.conn);
      this.#requests.flush(machine.history.conn, this.#user, (entry) => this.#send(entry.type, entry.id, entry.payload));
    }
    this.#tellState();
    this.#setTimer();
  }

  #tellState(): void {
    const { clock } = this.#around;
    const state = connectionState(this.#machine, clock.now(), clock.wallNow());
    if (!sameState(state, this.#state)) {
      this.#state = state;
      this.#emitter.emit('state', state);
    }
  }

  #setTimer(): void {
    const { clock } = this.#around;
    const machine = this.#machine;
    const times = [dueAt(machine), machine.name === 'live' ? this.#requests.dueAt(machine.history.conn) : null];
    const next = Math.min(...times.map((time) => time ?? Infinity));
    this.#callOff?.();
    this.#callOff = next === Infinity ? null : clock.after(Math.max(0, next - clock.now()), () => this.#happen({ on: 'tick' }));
  }

  /* ---- what goes out ---- */

  async #ask(type: RequestType, payload: OutboxEntry['payload'], id: string = this.#newId()): Promise<Reply> {
    if (type === 'get_stats' && this.#machine.name === 'closed') {
      throw new RequestError('closed', 'The connection is closed.');
    }
    if (!this.#requests.add(id, type, type === 'get_stats' ? 'asked' : 'kept', payload, this.#user)) {
      throw new RequestError('outbox_full', 'Too many check-ins wait for the connection already.');
    }
    const answer = this.#requests.answerTo(id);
    this.#settleDown();
    return answer;
  }

  #sendFollows(conn: number): void {
    const { unsubscribe, subscribe, resume } = this.#follows.commands();
    if (unsubscribe.length > 0) {
      this.#requests.add(`unsubscribe-${conn}-${this.#newId()}`, 'unsubscribe', 'bound', { locations: unsubscribe }, this.#user);
    }
    if (subscribe.length > 0) {
      this.#requests.add(`subscribe-${conn}-${this.#newId()}`, 'subscribe', 'bound', { locations: subscribe, resume }, this.#user);
    }
  }

  #send(type: string, id: string, payload: object): void {
    this.#socket?.send(JSON.stringify({ type, id, payload }));
  }

  #newId(): string {
    const part = () => Math.floor(this.#around.random() * 2 ** 32).toString(16).padStart(8, '0');
    return part() + part() + part() + part();
  }

  /* ---- what comes in ---- */

  #receive(conn: number, text: string): void {
    const before = this.#machine;
    const parsed = parseMessage(text);
    const message = parsed.kind === 'message' ? parsed.message : null;
    this.#advance({ on: 'message', conn, message });
    if (conn === before.history.conn && (before.name === 'live' || before.name === 'authenticating')) {
      if (parsed.kind === 'unknown') {
        this.#dropped = { ...this.#dropped, unknown: this.#dropped.unknown + 1 };
      } else if (parsed.kind === 'malformed') {
        this.#onMalformed(parsed.type, parsed.id, parsed.problem);
      } else if (before.name !== 'live' && this.#machine.name === 'live' && parsed.message.type === 'authentication_success') {
        this.#onWelcome(parsed.message.payload);
      } else {
        this.#route(parsed.message);
      }
    }
    this.#settleDown();
  }

  #onMalformed(type: string | null, id: string | null, problem: string): void {
    this.#dropped = { ...this.#dropped, malformed: this.#dropped.malformed + 1 };
    this.#warn('message', `${type ?? 'a message'} is not as the contract has it: ${problem}`);
    if (id !== null) {
      this.#requests.unreadable(id, problem);
    }
  }

  #onWelcome(welcome: Payload<'authentication_success'>): void {
    this.#user = String(welcome.user.id);
    const news = this.#follows.joined(welcome);
    this.#tellState();
    this.#emitter.emit('welcome', welcome);
    this.#tellNews(news);
  }

  #route(message: ServerMessage): void {
    if (isLogEvent(message)) {
      return this.#onLogEvent(message);
    }
    switch (message.type) {
      case 'initial_stats':
        this.#emitter.emit('initial', message.payload);
        return message.payload.locations.forEach((stats) => this.#emitter.emit('stats', stats));
      case 'stats_update':
        return this.#emitter.emit('stats', message.payload);
      case 'resync_required':
        return this.#lose(message.payload.location, message.payload.head ?? null, 'server');
      case 'heartbeat_ack':
        return this.#follows.behind(message.payload.heads).forEach((location) => {
          this.#lose(location, message.payload.heads[location] ?? null, 'gap');
        });
      case 'token_expiring':
        return this.#emitter.emit('token_expiring', {});
      case 'subscribed':
      case 'unsubscribed':
      case 'check_in_success':
      case 'check_out_success':
      case 'stats':
      case 'error':
        return this.#onReply(message);
      case 'authentication_success': // unasked, or the answer to a refresh
      case 'heartbeat':
      case 'server_draining':
        return; // the machine's
    }
  }

  #onLogEvent(event: LogEvent): void {
    const { location, seq } = event.payload;
    const verdict = this.#follows.take(location, seq);
    if (verdict === 'gap') {
      this.#lose(location, seq, 'gap');
    } else if (verdict === 'deliver') {
      this.#emitter.emit('event', event);
    }
  }

  #lose(location: string, head: number | null, reason: 'server' | 'gap'): void {
    const news = this.#follows.lose(location, head, reason);
    if (news !== null) {
      this.#tellNews([news]);
    }
  }

  #onReply(message: Reply | Message<'error'>): void {
    const settled = this.#requests.settle(message);
    if (settled === null) {
      if (message.type === 'error') {
        this.#onOtherError(message.payload);
      } else if (message.type === 'unsubscribed' && message.id === null) {
        const ended = Object.keys(message.payload.heads).map((name): [string, string] => [name, 'forbidden']);
        this.#tellNews(this.#follows.refused({ ...Object.fromEntries(ended), ...message.payload.refused }));
      }
    } else if (settled !== 'put_off' && settled.request.type === 'subscribe') {
      this.#onSubscribeAnswer(settled);
    }
  }

  /** What answers `authenticate` is the machine's, and shows in the state. */
  #onOtherError(error: Payload<'error'>): void {
    if (error.request !== 'authenticate') {
      this.#emitter.emit('error', error);
    }
  }

  #onSubscribeAnswer(answer: Answer): void {
    if ('reply' in answer) {
      return answer.reply.type === 'subscribed' ? this.#tellNews(this.#follows.subscribed(answer.reply.payload)) : undefined;
    }
    const { locations } = answer.request.payload;
    const names = Array.isArray(locations) ? locations.map(String) : [];
    this.#tellNews(this.#follows.refused(Object.fromEntries(names.map((name) => [name, answer.error.code]))));
  }

  #tellNews(news: readonly FollowNews[]): void {
    for (const each of news) {
      switch (each.is) {
        case 'following':
          this.#emitter.emit('following', each);
          break;
        case 'refused':
          this.#emitter.emit('refused', each);
          break;
        case 'resync':
          this.#emitter.emit('resync', each);
          break;
      }
    }
  }

  #waitingChanged(): void {
    this.#waiting = this.#requests.waiting;
    this.#emitter.emit('waiting', this.#waiting);
  }

  #warn(about: Warning['about'], error: unknown): void {
    this.#emitter.emit('warning', { about, detail: error instanceof Error ? error.message : String(error) });
  }
}

function whoPayload(who: Who): { member_id?: number | string; code?: string } {
  return typeof who === 'object' ? { code: who.code } : { member_id: who };
}

function tokenPayload(token: string | null): { token?: string } {
  return token === null ? {} : { token };
}

/** requests.ts has matched the reply's type with the request's; here it is made known to the compiler. */
function payloadOf<T extends Reply['type']>(reply: Reply, type: T): Payload<T> {
  if (reply.type !== type) {
    throw new RequestError('bad_reply', `${reply.type} came where ${type} was due`);
  }
  return reply.payload as Payload<T>;
}

/** A bare token cannot be refreshed: once it is refused or runs out there is nothing more to try. */
function fixedToken(token: string): CredentialsProvider {
  return async (ask) => (ask === 'connect' ? { token } : nobody());
}

async function nobody(): Promise<Credentials> {
  throw new SignedOutError('no way to new credentials');
}

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
