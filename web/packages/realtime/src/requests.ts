/* requests.ts: asks and answers. The outbox says what is to be sent when; here are the promises of those who asked, and
 * the storage. The answer to a kept request also goes to `answered`: its asker may have gone with a former page. */
import { z } from 'zod';
import type { Member, Message, ServerMessage } from './messages.ts';
import { Outbox, type OutboxEntry, type OutboxStorage, type RequestKind, type RequestType } from './outbox.ts';
import type { Clock } from './surroundings.ts';

const REPLIES = {
  check_in: 'check_in_success',
  check_out: 'check_out_success',
  get_stats: 'stats',
  subscribe: 'subscribed',
  unsubscribe: 'unsubscribed',
} as const satisfies Record<RequestType, ServerMessage['type']>;

export type Reply = Message<(typeof REPLIES)[RequestType]>;

export type Answer =
  | { readonly request: OutboxEntry; readonly reply: Reply }
  | { readonly request: OutboxEntry; readonly error: RequestError };

/** A request that was not carried out. `code` is the contract's or one of LocalErrorCode. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: string;
  readonly member: Member | null;
  readonly canOverride: boolean;
  readonly retryAfterMs: number | null;

  constructor(code: string, sentence: string, details: Partial<Message<'error'>['payload']> = {}) {
    super(sentence);
    this.code = code;
    this.member = details.member ?? null;
    this.canOverride = details.can_override ?? false;
    this.retryAfterMs = details.retry_after_ms ?? null;
  }
}

const storedEntry = z.object({
  id: z.string().min(1).max(64),
  type: z.enum(['check_in', 'check_out']),
  kind: z.literal('kept'),
  payload: z.record(z.string(), z.unknown()),
  createdAt: z.number(),
  user: z.string().nullable(),
  sent: z.boolean(),
});

export interface RequestsOptions {
  readonly clock: Clock;
  readonly limit: number;
  readonly storage: OutboxStorage | null;
  readonly answered: (answer: Answer) => void;
  readonly changed: () => void;
  readonly storageFailed: (error: unknown) => void;
}

type Send = (entry: OutboxEntry) => void;
type Asker = { readonly resolve: (reply: Reply) => void; readonly reject: (error: RequestError) => void };

export class Requests {
  readonly #options: RequestsOptions;
  readonly #outbox: Outbox;
  readonly #askers = new Map<string, Asker[]>();

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.limit);
  }

  /** The check-ins and check-outs that are not answered yet. */
  get waiting(): readonly OutboxEntry[] {
    return this.#outbox.entries.filter(({ kind }) => kind === 'kept');
  }

  /** Takes back what a former page left. */
  async load(): Promise<void> {
    try {
      for (const record of (await this.#options.storage?.load()) ?? []) {
        this.#restore(record);
      }
    } catch (error) {
      this.#options.storageFailed(error);
    }
    this.#options.changed();
  }

  add(id: string, type: RequestType, kind: RequestKind, payload: OutboxEntry['payload'], user: string | null): boolean {
    const createdAt = this.#options.clock.wallNow();
    const entry: OutboxEntry = { id, type, kind, payload: defined(payload), createdAt, user, sent: false };
    const known = this.#outbox.has(id);
    if (!this.#outbox.add(entry)) {
      return false;
    }
    if (!known) {
      this.#store(entry);
    }
    return true;
  }

  /** The answer to the request with this id, which has been added. */
  answerTo(id: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#askers.set(id, [...(this.#askers.get(id) ?? []), { resolve, reject }]);
    });
  }

  /** Sends what may be sent on this connection now. */
  flush(conn: number, user: string, send: Send): void {
    const { clock } = this.#options;
    for (const entry of this.#outbox.tooOld(clock.wallNow())) {
      this.#reject(entry, new RequestError('too_old', 'It waited too long for a connection.'));
    }
    for (const entry of this.#outbox.take(conn, user, clock.now(), clock.wallNow())) {
      this.#store(entry); // before it is sent: from now on its payload must not change
      send(entry);
    }
  }

  dueAt(conn: number): number | null {
    return this.#outbox.dueAt(conn, this.#options.clock.now());
  }

  /** Takes a message that answers one of ours; returns the answer, or null when it is none, or not yet one. */
  settle(message: ServerMessage): Answer | 'put_off' | null {
    if (message.id === null || !this.#outbox.has(message.id)) {
      return null;
    }
    if (message.type === 'error') {
      return this.#settleError(message.id, message.payload);
    }
    const request = this.#outbox.remove(message.id);
    if (request === null) {
      return null;
    }
    if (isReplyTo(request.type, message)) {
      return this.#close({ request, reply: message }, (asker) => asker.resolve(message));
    }
    return this.#reject(request, new RequestError('bad_reply', `${message.type} is no answer to ${request.type}`));
  }

  /** Its answer came, but in a form that nobody here can read. */
  unreadable(id: string, problem: string): void {
    const request = this.#outbox.remove(id);
    if (request !== null) {
      this.#reject(request, new RequestError('bad_reply', problem));
    }
  }

  /** Takes back a request that was never sent. False: it was, and its outcome is the server's. */
  withdraw(id: string): boolean {
    const entry = this.#outbox.entries.find((each) => each.id === id);
    if (entry === undefined || entry.sent) {
      return false;
    }
    this.#outbox.remove(id);
    this.#reject(entry, new RequestError('withdrawn', 'It was taken back before it was sent.'));
    return true;
  }

  /** The connection ended: subscriptions of it are no requests any more. */
  dropped(): void {
    this.#outbox.dropped();
  }

  /** There will be no connection: questions are over, while check-ins stay for the next one. */
  closed(): void {
    for (const entry of this.#outbox.entries.filter(({ kind }) => kind === 'asked')) {
      this.#outbox.remove(entry.id);
      this.#reject(entry, new RequestError('closed', 'The connection is closed.'));
    }
  }

  #settleError(id: string, payload: Message<'error'>['payload']): Answer | 'put_off' {
    const { code, error, retry_after_ms: retryAfterMs = null } = payload;
    if (!this.#outbox.isFinal(id, code, retryAfterMs, this.#options.clock.now())) {
      return 'put_off';
    }
    const request = this.#outbox.remove(id);
    return request === null ? 'put_off' : this.#reject(request, new RequestError(code, error, payload));
  }

  #reject(request: OutboxEntry, error: RequestError): Answer {
    return this.#close({ request, error }, (asker) => asker.reject(error));
  }

  #close(answer: Answer, tell: (asker: Asker) => void): Answer {
    const { id, kind } = answer.request;
    const askers = this.#askers.get(id) ?? [];
    this.#askers.delete(id);
    askers.forEach(tell);
    if (kind === 'kept') {
      this.#stored((storage) => storage.remove(id));
      this.#options.answered(answer);
      this.#options.changed();
    }
    return answer;
  }

  #restore(record: unknown): void {
    const parsed = storedEntry.safeParse(record);
    if (!parsed.success) {
      this.#options.storageFailed(new Error(`a stored request cannot be read: ${z.prettifyError(parsed.error)}`));
    } else if (!this.#outbox.add(parsed.data)) {
      this.#options.storageFailed(new Error(`more than ${this.#options.limit} stored requests; ${parsed.data.id} is left for later`));
    }
  }

  #store(entry: OutboxEntry): void {
    if (entry.kind === 'kept') {
      this.#stored((storage) => storage.put(entry));
      this.#options.changed();
    }
  }

  #stored(write: (storage: OutboxStorage) => Promise<void>): void {
    const { storage, storageFailed } = this.#options;
    if (storage !== null) {
      write(storage).catch(storageFailed);
    }
  }
}

function isReplyTo(type: RequestType, message: ServerMessage): message is Reply {
  return message.type === REPLIES[type];
}

function defined(payload: OutboxEntry['payload']): OutboxEntry['payload'] {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
}
