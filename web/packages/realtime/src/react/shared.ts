/* react/shared.ts: what belongs to one client in React, made once however often components render or mount. It is kept
 * by the client and not by a hook: StrictMode and a dropped memo must not make a second connection. */
import type { RealtimeClient } from '../client.ts';
import { FollowCounts, Lease } from '../follow.ts';
import type { Clock, Credentials, CredentialsProvider } from '../surroundings.ts';

/** Long enough for StrictMode's unmount and mount, too short to matter on a real one. */
const CLOSE_GRACE_MS = 100;

const timers: Pick<Clock, 'after'> = {
  after: (ms, due) => {
    const timer = setTimeout(due, ms);
    return () => clearTimeout(timer);
  },
};

export class Shared {
  readonly client: RealtimeClient;
  readonly counts: FollowCounts;
  /** Connected while someone holds it. */
  readonly connection: Lease;
  /** The newest that was rendered; asked at each attempt. */
  credentials: string | CredentialsProvider = '';

  constructor(client: RealtimeClient) {
    this.client = client;
    this.counts = new FollowCounts(client, timers);
    const connect = () => client.connect((ask) => this.#ask(ask));
    this.connection = new Lease(timers, CLOSE_GRACE_MS, connect, () => client.close());
  }

  async #ask(ask: Parameters<CredentialsProvider>[0]): Promise<Credentials> {
    return typeof this.credentials === 'string' ? { token: this.credentials } : this.credentials(ask);
  }
}

const byClient = new WeakMap<RealtimeClient, Shared>();

export function sharedOf(client: RealtimeClient): Shared {
  const shared = byClient.get(client) ?? new Shared(client);
  byClient.set(client, shared);
  return shared;
}
