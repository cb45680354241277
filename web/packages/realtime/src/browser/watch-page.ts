/* browser/watch-page.ts: what only the page knows. The network went or came, someone looks again, the laptop slept.
 *
 * A machine that slept is seen by the wall clock: a timer that should have come every 5 s and came after more than twice
 * that. performance.now() may stand still meanwhile, and no event tells of it. */
import type { RealtimeClient } from '../client.ts';
import type { Clock } from '../surroundings.ts';
import { reloadWorked, type MarkStore } from './reload.ts';
import { systemClock } from './surroundings.ts';

export const WATCH_MS = 5_000;

export interface Page {
  readonly window: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;
  readonly document: Pick<Document, 'addEventListener' | 'removeEventListener' | 'visibilityState'>;
  readonly clock: Clock;
  readonly marks: MarkStore | null;
}

/** Watches until the returned function is called. */
export function watchPage(client: RealtimeClient, page: Page = thisPage()): () => void {
  const ends = [
    listen(page.window, 'online', () => client.hurry()),
    listen(page.window, 'offline', () => client.doubt()),
    listen(page.window, 'pageshow', () => client.hurry()),
    listen(page.document, 'visibilitychange', () => {
      if (page.document.visibilityState === 'visible') {
        client.hurry();
      }
    }),
    watchSleep(page.clock, () => client.hurry()),
    client.on('welcome', () => {
      if (page.marks !== null) {
        reloadWorked(page.marks);
      }
    }),
  ];
  return () => ends.forEach((end) => end());
}

/** Calls `slept` when wall time jumped over more than two periods, or back. */
export function watchSleep(clock: Clock, slept: () => void): () => void {
  let last = clock.wallNow();
  let callOff = clock.after(WATCH_MS, look);
  function look(): void {
    const passed = clock.wallNow() - last;
    last = clock.wallNow();
    callOff = clock.after(WATCH_MS, look);
    if (passed > 2 * WATCH_MS || passed < 0) {
      slept();
    }
  }
  return () => callOff();
}

function thisPage(): Page {
  return { window, document, clock: systemClock, marks: window.sessionStorage };
}

function listen(target: Page['window'], name: string, listener: () => void): () => void {
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}
