/* emitter.ts: listeners by event name. One that throws does not keep the others from hearing it; its error is reported. */

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Returns the function that ends the listening. */
  on<K extends keyof Events>(name: K, listener: (value: Events[K]) => void): () => void {
    const own = (value: Events[K]) => listener(value); // so that one function may listen twice and end once
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(own));
    return () => void listeners.delete(own);
  }

  emit<K extends keyof Events>(name: K, value: Events[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (value: Events[K]) => void)(value);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
