/* browser/surroundings.ts: what the client needs, from a real page. */
import type { Clock, Surroundings } from '../surroundings.ts';
import { socketUrl, type Origin } from '../url.ts';
import { LocalOutbox, type KeyValueStore } from './local-outbox.ts';
import { reloadOnce } from './reload.ts';
import { webSocketFactory } from './websocket.ts';

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after: (ms, due) => {
    const timer = setTimeout(due, ms);
    return () => clearTimeout(timer);
  },
};

/** Good enough to name requests: nobody else may guess or repeat an id by chance. */
export function strongRandom(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}

export interface PageOptions {
  /** The server's address if it is not the page's own. */
  readonly origin?: Origin | string;
  /** Where waiting check-ins outlive the page. Default: localStorage. null: nowhere. */
  readonly store?: KeyValueStore | null;
  /** Default: the page is reloaded, once. */
  readonly reload?: () => void;
}

export function pageSurroundings({ origin, store, reload }: PageOptions = {}): Surroundings {
  const from = origin ?? window.location;
  const kept = store === undefined ? window.localStorage : store;
  return {
    openSocket: webSocketFactory(),
    url: (ticket) => socketUrl(from, ticket),
    clock: systemClock,
    random: strongRandom,
    reload: reload ?? (() => reloadOnce(window.sessionStorage, () => window.location.reload())),
    ...(kept === null ? {} : { storage: new LocalOutbox(kept) }),
  };
}
