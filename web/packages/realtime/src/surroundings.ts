/* surroundings.ts: everything outside that the client touches, injected. `browser/` has the real ones, `testing/` the
 * ones that a test holds in its hand. */
import type { OutboxStorage } from './outbox.ts';

export interface Socket {
  send(text: string): void;
  /** After this nothing of the socket is heard any more, `closed` neither. */
  close(code: number): void;
}

export interface SocketHandlers {
  opened(): void;
  message(text: string): void;
  /** Once, as the last. 1006 where no Close came. */
  closed(code: number, reason: string): void;
}

/** Calls the handlers later, never from inside this call. May throw where no socket can be had. */
export type SocketFactory = (url: string, handlers: SocketHandlers) => Socket;

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Unix milliseconds. */
  wallNow(): number;
  /** Calls `due` once, after `ms`; returns the function that calls it off. */
  after(ms: number, due: () => void): () => void;
}

export interface Surroundings {
  readonly openSocket: SocketFactory;
  /** The socket's address for one attempt: socketUrl() over the page's own address. */
  readonly url: (ticket: string | null) => string;
  readonly clock: Clock;
  /** In [0, 1); request ids are made of it as well as jitter. */
  readonly random: () => number;
  /** Left out: requests that wait do not outlive the page. */
  readonly storage?: OutboxStorage;
  /** The server says that this app is too old (4406). Called at most once by one client. */
  readonly reload?: () => void;
  /** A listener threw. Left out: it is thrown again, outside of the client. */
  readonly report?: (error: unknown) => void;
}

/** What was used to get in. A ticket is for one attempt. */
export type Credentials = { readonly token: string } | { readonly ticket: string };

/** Why credentials are asked for: `connect`, an ordinary attempt · `renew`, the last ones were refused, so refresh the
 * session first · `token`, the one in use runs out, and a token (no ticket) is to be sent on the live connection. */
export type CredentialsProvider = (ask: 'connect' | 'renew' | 'token') => Promise<Credentials>;

/** Thrown by a CredentialsProvider: there is nobody signed in. Any other error is taken for a passing one. */
export class SignedOutError extends Error {
  override readonly name = 'SignedOutError';
}
