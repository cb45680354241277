/**
 * Who is signed in. The access token lives here, in memory, and nowhere else; the refresh token is a cookie that no script sees.
 *
 *   starting ──> signedIn <──> signedOut          unreachable: the server did not answer at the start; we go on trying
 *      └──> unreachable ──> (either)
 */
import { answerOf, ApiError, attempt, NetworkError, type Tokens } from './http.ts';
import { Session, type User } from './schemas.ts';

export type SessionState =
  | { status: 'starting' }
  | { status: 'unreachable' }
  | { status: 'signedOut'; reason: 'none' | 'expired' | 'signedOut' }
  | { status: 'signedIn'; user: User };

/** One tab at a time may spend the refresh cookie, since each is good once. */
type Exclusive = <Result>(task: () => Promise<Result>) => Promise<Result>;

export interface SessionOptions {
  fetch?: typeof fetch;
  exclusive?: Exclusive;
  /** Tells the other tabs; null where there is no such thing. */
  channel?: Pick<BroadcastChannel, 'postMessage' | 'addEventListener'> | null;
  now?: () => number;
}

export interface SessionStore {
  state: () => SessionState;
  subscribe: (listener: () => void) => () => void;
  /** Tries the cookie that an earlier visit left. */
  start: () => Promise<void>;
  signIn: (email: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
  /** The socket was told twice that we are nobody: the session is over. */
  expire: () => void;
  tokens: Tokens;
  /** A token that is good for at least another half minute; null when the session is over. Rejects when the server is away. */
  freshToken: () => Promise<string | null>;
}

const margin_ms = 30_000;

export function createSessionStore(options: SessionOptions = {}): SessionStore {
  const fetchFn: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const exclusive: Exclusive = options.exclusive ?? browserLock;
  const now = options.now ?? Date.now;
  const listeners = new Set<() => void>();
  let state: SessionState = { status: 'starting' };
  let access: { token: string; goodUntil: number } | null = null;
  let renewing: Promise<string | null> | null = null;

  function become(next: SessionState): void {
    state = next;
    listeners.forEach((listener) => listener());
  }

  function take(session: Session): string {
    access = { token: session.access, goodUntil: now() + session.expires_in * 1000 };
    if (state.status !== 'signedIn' || JSON.stringify(state.user) !== JSON.stringify(session.user)) {
      become({ status: 'signedIn', user: session.user });
    }
    return session.access;
  }

  function leave(reason: 'none' | 'expired' | 'signedOut'): void {
    access = null;
    if (state.status !== 'signedOut') become({ status: 'signedOut', reason });
  }

  async function post(path: string, json: unknown, token: string | null = null): Promise<Response> {
    return answerOf(await attempt(fetchFn, path, { method: 'POST', json }, token));
  }

  async function refresh(): Promise<string | null> {
    try {
      const response = await exclusive(() => post('/auth/refresh', {}));
      return take(Session.parse(await response.json()));
    } catch (error) {
      if (error instanceof ApiError && (error.code === 'unauthenticated' || error.code === 'forbidden')) {
        leave(state.status === 'signedIn' ? 'expired' : 'none');
        return null;
      }
      throw error;
    }
  }

  function renew(spent: string | null): Promise<string | null> {
    if (access !== null && access.token !== spent) return Promise.resolve(access.token);
    renewing ??= refresh().finally(() => {
      renewing = null;
    });
    return renewing;
  }

  options.channel?.addEventListener('message', (event) => {
    if (event.data === 'signedOut') leave('signedOut');
  });

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: async () => {
      try {
        await renew(null);
      } catch (error) {
        if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
        if (state.status !== 'signedIn') become({ status: 'unreachable' });
      }
    },
    signIn: async (email, password) => {
      const response = await post('/auth/login', { email, password });
      take(Session.parse(await response.json()));
    },
    signOut: async () => {
      const token = access?.token ?? null;
      options.channel?.postMessage('signedOut');
      try {
        await post('/auth/logout', {}, token);
      } finally {
        leave('signedOut');
      }
    },
    expire: () => leave('expired'),
    tokens: { current: () => access?.token ?? null, renew },
    freshToken: () => {
      if (access !== null && access.goodUntil - now() > margin_ms) return Promise.resolve(access.token);
      return renew(access?.token ?? null);
    },
  };
}

const browserLock: Exclusive = (task) =>
  typeof navigator !== 'undefined' && 'locks' in navigator ? navigator.locks.request('footfall-refresh', task) : task();

