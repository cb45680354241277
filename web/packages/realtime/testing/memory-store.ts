/* testing/memory-store.ts: a localStorage that a test can look into, fill and break. */
import type { KeyValueStore } from '../src/browser/local-outbox.ts';

export class MemoryStore implements KeyValueStore {
  readonly values = new Map<string, string>();
  /** Writing fails, as when the quota is used up. */
  full = false;

  get length(): number {
    return this.values.size;
  }

  key(index: number): string | null {
    return [...this.values.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) {
      throw new Error('the quota is used up');
    }
    this.values.set(key, value);
  }

  removeItem(key: string): void {
    this.values.delete(key);
  }
}
