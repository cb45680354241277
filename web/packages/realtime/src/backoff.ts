/* backoff.ts: how long to wait before the next connection. Pure; `roll` is one random number in [0, 1).
 *
 * Full jitter: anywhere between nothing and a bound that doubles. A thousand clients that a restart cut off at the
 * same moment come back spread evenly, where "bound plus a little jitter" would bring them in waves. */

const BASE_MS = 1_000;
const CAP_MS = 30_000;
const THROTTLE_MIN_MS = 1_000;
const THROTTLE_CAP_MS = 300_000;
const AT_ONCE_MS = 1_000;

/** After a cut: `failures` are those in a row before this one. */
export function fullJitter(failures: number, roll: number): number {
  return Math.floor(roll * doubled(BASE_MS, failures, CAP_MS));
}

/** After "too many": never before what the server asked for, doubled for each time in a row, a quarter of jitter on top. */
export function throttled(retryAfterMs: number | null, timesBefore: number, roll: number): number {
  const asked = Math.max(THROTTLE_MIN_MS, retryAfterMs ?? 0);
  const wait = Math.max(asked, doubled(asked, timesBefore, THROTTLE_CAP_MS));
  return Math.floor(wait * (1 + roll / 4));
}

/** As good as at once, but not all in the same instant. */
export function atOnce(roll: number): number {
  return Math.floor(roll * AT_ONCE_MS);
}

function doubled(baseMs: number, times: number, capMs: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(times, 30));
}
