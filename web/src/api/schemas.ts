/**
 * What the REST API sends (docs/api/openapi.yaml), parsed once on arrival. Unknown fields pass and are dropped; `schemas.test.ts` holds each
 * schema here against the page of the same name.
 */
import { z } from 'zod';

export const Role = z.enum(['owner', 'manager', 'staff', 'kiosk', 'turnstile', 'viewer', 'member']);
export const MemberStatus = z.enum(['active', 'expired', 'frozen', 'not_started', 'cancelled', 'used_up', 'banned', 'guest', 'none']);

export const User = z.object({
  id: z.number(),
  name: z.string(),
  email: z.string().nullable(),
  role: Role,
  locations: z.array(z.string()),
});

export const Session = z.object({
  access: z.string(),
  refresh: z.string().nullable(),
  expires_in: z.number(),
  user: User,
});

export const Ticket = z.object({ ticket: z.string(), expires_in: z.number() });

export const Note = z.object({ code: z.string(), message: z.string() });
export const Code = z.object({ code: z.string(), kind: z.enum(['card', 'qr']) });

export const MemberBrief = z.object({
  id: z.number(),
  name: z.string(),
  photo_url: z.string().nullable(),
  status: MemberStatus,
});

export const Membership = z.object({
  id: z.number(),
  plan_id: z.number(),
  plan: z.string(),
  starts: z.string(),
  ends: z.string().nullable(),
  status: z.enum(['active', 'expired', 'frozen', 'not_started', 'cancelled', 'used_up']),
  frozen_from: z.string().nullable(),
  frozen_to: z.string().nullable(),
  cancelled_on: z.string().nullable(),
  visits_left: z.number().nullable(),
});

export const OpenVisit = z.object({ visit_id: z.number(), location: z.string(), checked_in_at: z.string() });

export const Member = z.object({
  id: z.number(),
  number: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  born: z.string().nullable(),
  notes: z.string().nullable(),
  status: MemberStatus,
  banned: z.boolean(),
  guest_of: z.number().nullable(),
  balance_minor: z.number(),
  currency: z.string(),
  photo_url: z.string().nullable(),
  codes: z.array(Code),
  membership: Membership.nullable(),
  open_visit: OpenVisit.nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const Plan = z.object({
  id: z.number(),
  name: z.string(),
  months: z.number().nullable(),
  days: z.number().nullable(),
  visits: z.number().nullable(),
  locations: z.array(z.string()).nullable(),
});

export const Visit = z.object({
  id: z.number(),
  member: MemberBrief,
  location: z.string(),
  checked_in_at: z.string(),
  checked_out_at: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  automatic: z.boolean(),
  source: z.string(),
  by: z.string().nullable(),
  notes: z.string().nullable(),
  override_reason: z.string().nullable(),
});

const Opening = z.object({ opens: z.string(), closes: z.string() });

export const Location = z.object({
  id: z.number(),
  slug: z.string(),
  name: z.string(),
  timezone: z.string(),
  capacity: z.number().nullable(),
  hard_capacity: z.boolean(),
  exits: z.enum(['recorded', 'assumed']),
  hours: z.array(z.array(Opening)).nullable(),
  assumed_stay_minutes: z.number(),
});

export const Present = z.object({
  visit_id: z.number(),
  member: MemberBrief,
  checked_in_at: z.string(),
  source: z.string(),
});

export const Problem = z.object({
  type: z.string().optional(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string().optional(),
  field: z.string().optional(),
  member: MemberBrief.optional(),
  can_override: z.boolean().optional(),
  retry_after_ms: z.number().optional(),
});

export const page = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable() });

export type Role = z.infer<typeof Role>;
export type MemberStatus = z.infer<typeof MemberStatus>;
export type User = z.infer<typeof User>;
export type Session = z.infer<typeof Session>;
export type MemberBrief = z.infer<typeof MemberBrief>;
export type Note = z.infer<typeof Note>;
export type Code = z.infer<typeof Code>;
export type Membership = z.infer<typeof Membership>;
export type Member = z.infer<typeof Member>;
export type Plan = z.infer<typeof Plan>;
export type Visit = z.infer<typeof Visit>;
export type Location = z.infer<typeof Location>;
export type Present = z.infer<typeof Present>;
export type Problem = z.infer<typeof Problem>;
export interface Page<Item> {
  items: Item[];
  next: string | null;
}
