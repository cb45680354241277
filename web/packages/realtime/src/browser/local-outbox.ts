/* browser/local-outbox.ts: waiting requests in localStorage, one key each, so that two tabs do not overwrite each
 * other's. Both tabs may send what they find: the server carries one id out once. */
import type { OutboxEntry, OutboxStorage } from '../outbox.ts';

/** The part of the DOM's Storage that is used. */
export interface KeyValueStore {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'footfall.outbox.';

export class LocalOutbox implements OutboxStorage {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  async load(): Promise<readonly unknown[]> {
    const keys = Array.from({ length: this.#store.length }, (_, index) => this.#store.key(index) ?? '');
    return keys.filter((key) => key.startsWith(PREFIX)).map((key) => parsed(this.#store.getItem(key))).sort(byAge);
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.#store.setItem(PREFIX + entry.id, JSON.stringify(entry));
  }

  async remove(id: string): Promise<void> {
    this.#store.removeItem(PREFIX + id);
  }
}

/** What is no JSON is handed on as it is: the client names it as unreadable and goes on with the others. */
function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return text;
  }
}

/** localStorage keeps no order, but requests are carried out in the order asked. */
function byAge(a: unknown, b: unknown): number {
  return createdAt(a) - createdAt(b);
}

function createdAt(record: unknown): number {
  const time = typeof record === 'object' && record !== null && 'createdAt' in record ? Number(record.createdAt) : 0;
  return Number.isNaN(time) ? 0 : time;
}
