/** A refusal that repeats is one line at the desk: the newest, with its count, stands for those before it. Pure. */
import type { LiveEvent } from '@footfall/realtime';

type Denied = Extract<LiveEvent, { type: 'check_in_denied' }>['payload'];

/** As the server counts: from each to the next. */
const lineGap_ms = 5 * 60_000;

/** Newest first, as the feed is. */
export function inLines(events: readonly LiveEvent[]): LiveEvent[] {
  const lines = new Map<string, Denied>();
  return events.filter((event) => {
    if (event.type !== 'check_in_denied') return true;
    const key = `${event.payload.source ?? ''} ${event.payload.member ? `member ${event.payload.member.id}` : `code ${event.payload.code_last4 ?? ''}`}`;
    const newer = lines.get(key);
    lines.set(key, event.payload);
    return newer === undefined || !belongs(event.payload, newer);
  });
}

function belongs(older: Denied, newer: Denied): boolean {
  return newer.repeats > 0 && older.repeats < newer.repeats && Date.parse(newer.at) - Date.parse(older.at) <= lineGap_ms;
}
