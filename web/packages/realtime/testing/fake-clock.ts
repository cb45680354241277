/* testing/fake-clock.ts: time that a test moves by hand. */
import type { Clock } from '../src/surroundings.ts';

interface Timer {
  readonly at: number;
  readonly due: () => void;
}

export class FakeClock implements Clock {
  #now = 1_000;
  #wall: number;
  #timers: Timer[] = []; // by time, then by age

  constructor(wall = Date.UTC(2026, 0, 5, 9, 0, 0)) {
    this.#wall = wall;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#wall;
  }

  after(ms: number, due: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), due };
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.at ?? 0) > timer.at) {
      index -= 1;
    }
    this.#timers.splice(index, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Lets time pass; what falls due is called in order, and what promises set off is done before time moves on. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#timers[0]; next !== undefined && next.at <= until; next = this.#timers[0]) {
      this.#timers.shift();
      this.#pass(Math.max(0, next.at - this.#now));
      next.due();
      await settled();
    }
    this.#pass(until - this.#now);
  }

  /** The machine sleeps: wall time passes and nothing runs. `monotonic`: whether this system's other clock goes on meanwhile. */
  sleep(ms: number, monotonic = false): void {
    this.#wall += ms;
    this.#now += monotonic ? ms : 0;
  }

  #pass(ms: number): void {
    this.#now += ms;
    this.#wall += ms;
  }
}

/** Promises that are settled already have run their continuations, a few links deep. */
async function settled(): Promise<void> {
  for (let link = 0; link < 8; link += 1) {
    await undefined;
  }
}
