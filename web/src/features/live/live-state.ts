/** What a front desk shows of one location, as of one `seq` of its log. */
import { type LiveEvent, parseEvent, type Stats } from '@footfall/realtime';
import { z } from 'zod';
import { Present } from '@/api/schemas.ts';

/** A location's log as it arrives: also the numbers of events that this role may not see, so that there are no gaps. */
export type LogEvent = LiveEvent | { type: 'event_hidden'; payload: { seq: number; location: string } };

export interface LiveState {
  epoch: string;
  /** The last event that this state holds. */
  seq: number;
  stats: Stats;
  /** Who is inside, latest arrival first. */
  present: Present[];
  /** What happened, newest first; at most `feedLength`. */
  feed: LiveEvent[];
}

export const feedLength = 200;

const stats: z.ZodType<Stats> = z.object({
  location: z.string(),
  date: z.string(),
  timezone: z.string(),
  currently_in: z.number(),
  capacity: z.number().nullable(),
  check_ins_today: z.number(),
  check_outs_today: z.number(),
  unique_members_today: z.number(),
  average_visit_seconds: z.number().nullable(),
  peak_today: z.number(),
  peak_at: z.string().nullable(),
  hourly: z.array(z.number()),
  denied_today: z.number(),
  as_of_seq: z.number(),
});

/** The events among those that are known here; the others, and those hidden from this role, are left out. */
const events = z.array(z.unknown()).transform((list) => list.map(parseEvent).filter((event) => event !== null));

/** `GET /locations/{slug}/snapshot`. */
export const Snapshot = z
  .object({ epoch: z.string(), as_of_seq: z.number(), stats, present: z.array(Present), recent: events })
  .transform((sent): LiveState => ({ epoch: sent.epoch, seq: sent.as_of_seq, stats: sent.stats, present: sent.present, feed: sent.recent }));

/** `GET /locations/{slug}/events?before=`. */
export const EventPage = z.object({ items: events, next: z.string().nullable() });
