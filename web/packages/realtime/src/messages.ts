/* messages.ts: what the server says, parsed once at the edge into unions told apart by `type`.
 *
 * Members that are not listed pass and are ignored, so that a newer server can add some. A type that is not listed is
 * `unknown`, to be counted and dropped. A listed type whose payload does not fit is `malformed`. Nothing here throws. */
import { z } from 'zod';

const seq = z.int().nonnegative();
const count = z.number();
const heads = z.record(z.string(), seq);
const note = z.object({ code: z.string(), message: z.string() });
const notes = z.array(note).default([]);

const member = z.object({
  id: z.number(),
  name: z.string(),
  first_name: z.string().nullish(),
  photo_url: z.string().nullish(),
  status: z.string().nullish(),
});
const person = z.union([z.string(), z.object({ id: z.number().optional(), name: z.string().nullish() })]).nullish();

/** A location in a list: its slug, or an object that has one. Here always the slug. */
const slug = z.union([z.string(), z.object({ slug: z.string() }).transform((location) => location.slug)]);

const stats = z.object({
  location: z.string(),
  date: z.string(),
  timezone: z.string(),
  currently_in: count,
  capacity: count.nullable(),
  check_ins_today: count,
  check_outs_today: count,
  unique_members_today: count,
  average_visit_seconds: count.nullable(),
  peak_today: count,
  peak_at: z.string().nullable(),
  hourly: z.array(count),
  denied_today: count,
  as_of_seq: seq,
});

/** Sums over the locations. */
const totals = z.record(z.string(), z.number()).optional();

const authenticationSuccess = z.object({
  user: z.object({ id: z.union([z.number(), z.string()]), name: z.string().nullish(), role: z.string() }),
  locations: z.union([z.literal('*'), z.array(slug)]),
  expires_at: z.union([z.string(), z.number()]).nullish(),
  server_time: z.union([z.string(), z.number()]),
  heartbeat_interval: z.number().positive(),
  server_version: z.string(),
  protocol: z.number(),
  epoch: z.string(),
  heads,
  recovered: z.boolean().optional(),
});

const visitEvent = {
  seq,
  location: z.string(),
  at: z.string(),
  visit_id: z.number(),
  member,
  source: z.string().nullish(),
  by: person,
  notes: z.string().nullish(),
  warnings: notes,
  currently_in: count,
  late: z.boolean().optional(),
};

const success = {
  success: z.literal(true),
  visit_id: z.number(),
  member,
  location: z.string(),
  checked_in_at: z.string(),
  seq,
  currently_in: count,
  replayed: z.boolean().default(false),
};

/** Broadcasts: each has a `seq` in its location's log. */
const eventSchemas = {
  member_checked_in: z.object(visitEvent),
  member_checked_out: z.object({
    ...visitEvent,
    duration_seconds: count.nullish(),
    automatic: z.boolean().default(false),
  }),
  check_in_denied: z.object({
    seq,
    location: z.string(),
    at: z.string(),
    code: z.string(),
    member: member.nullish(),
    code_last4: z.string().nullish(), // of a code that nobody has
    source: z.string().nullish(),
    by: person,
    repeats: count.default(0),
    late: z.boolean().optional(),
  }),
  visit_corrected: z.object({
    seq,
    location: z.string(),
    at: z.string().nullish(),
    visit_id: z.number(),
    member: member.nullish(),
    change: z.string(), // undone, edited
    by: person,
    checked_in_at: z.string().nullish(),
    checked_out_at: z.string().nullish(),
    notes: z.string().nullish(),
    currently_in: count.nullish(),
  }),
  event_hidden: z.object({ seq, location: z.string() }),
};

const follows = z.object({ heads: heads.default({}), refused: z.record(z.string(), z.string()).default({}) });

const schemas = {
  ...eventSchemas,
  authentication_success: authenticationSuccess,
  initial_stats: z.object({
    locations: z.array(stats),
    totals,
    recent: z.array(z.unknown()).optional(), // newest first; parseEvent() reads one
  }),
  check_in_success: z.object({ ...success, repeated: z.boolean().default(false), warnings: notes, greetings: notes }),
  check_out_success: z.object({ ...success, checked_out_at: z.string(), duration_seconds: count }),
  stats_update: stats,
  stats: z.union([stats, z.object({ locations: z.array(stats), totals })]),
  subscribed: follows,
  unsubscribed: follows,
  heartbeat: z.object({ heads: heads.default({}) }),
  heartbeat_ack: z.object({ heads: heads.default({}) }),
  token_expiring: z.object({}),
  resync_required: z.object({ location: z.string(), head: seq.nullish() }),
  server_draining: z.object({ reconnect_after_ms: z.number().nonnegative() }),
  error: z.object({
    error: z.string(),
    code: z.string(),
    request: z.string().nullish(),
    member: member.nullish(),
    can_override: z.boolean().nullish(),
    retry_after_ms: z.number().nonnegative().nullish(),
  }),
} as const;

type Schemas = typeof schemas;
type EventType = keyof typeof eventSchemas;
export type MessageType = keyof Schemas;
export type Payload<T extends MessageType> = z.output<Schemas[T]>;
export type Message<T extends MessageType> = T extends MessageType
  ? { readonly type: T; readonly id: string | null; readonly payload: Payload<T> }
  : never;
export type ServerMessage = Message<MessageType>;
/** A broadcast of a location's log, also the stand-in for one that this follower may not see. */
export type LogEvent = Message<EventType>;
/** A broadcast that has something to show. */
export type LiveEvent = Message<Exclude<EventType, 'event_hidden'>>;
export type Stats = z.output<typeof stats>;
export type Member = z.output<typeof member>;
export type Note = z.output<typeof note>;

export type Parsed =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'unknown'; readonly type: string }
  | { readonly kind: 'malformed'; readonly type: string | null; readonly id: string | null; readonly problem: string };

const envelope = z.object({
  type: z.string(),
  id: z.string().nullish(),
  payload: z.unknown(),
});

/** Reads one text frame. */
export function parseMessage(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'malformed', type: null, id: null, problem: `not JSON: ${String(error)}` };
  }
  return parseValue(value);
}

/** Reads one entry of `initial_stats.recent` or of a location's events over REST; null if it is none that is known. */
export function parseEvent(value: unknown): LiveEvent | null {
  const parsed = parseValue(value);
  return parsed.kind === 'message' && isLogEvent(parsed.message) && isLiveEvent(parsed.message) ? parsed.message : null;
}

export function isLogEvent(message: ServerMessage): message is LogEvent {
  return message.type in eventSchemas;
}

export function isLiveEvent(event: LogEvent): event is LiveEvent {
  return event.type !== 'event_hidden';
}

function parseValue(value: unknown): Parsed {
  const outer = envelope.safeParse(value);
  if (!outer.success) {
    return { kind: 'malformed', type: null, id: null, problem: z.prettifyError(outer.error) };
  }
  const { type, id = null, payload = {} } = outer.data;
  if (!isMessageType(type)) {
    return { kind: 'unknown', type };
  }
  const inner = schemas[type].safeParse(payload);
  if (!inner.success) {
    return { kind: 'malformed', type, id, problem: z.prettifyError(inner.error) };
  }
  // The schema was chosen by this very type, which TypeScript cannot follow through the table.
  return { kind: 'message', message: { type, id, payload: inner.data } as ServerMessage };
}

function isMessageType(type: string): type is MessageType {
  return Object.hasOwn(schemas, type);
}
