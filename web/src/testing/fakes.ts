/** Made-up members and answers, as the API gives them. */
import type { Location, Member, Membership, User } from '@/api/schemas.ts';

export const owner: User = { id: 1, name: 'Olivia Owner', email: 'owner@example.org', role: 'owner', locations: ['main', 'north'] };

export const annual: Membership = {
  id: 77,
  plan_id: 1,
  plan: 'Annual',
  starts: '2026-03-10',
  ends: '2027-03-09',
  status: 'active',
  frozen_from: null,
  frozen_to: null,
  cancelled_on: null,
  visits_left: null,
};

export function member(id: number, changes: Partial<Member> = {}): Member {
  return {
    id,
    number: String(id),
    first_name: 'Elif',
    last_name: `Novák ${id}`,
    name: `Elif Novák ${id}`,
    email: `member${id}@example.org`,
    phone: '+44 7700 900001',
    born: '1990-01-14',
    notes: null,
    status: 'active',
    banned: false,
    guest_of: null,
    balance_minor: 0,
    currency: 'EUR',
    photo_url: null,
    codes: [{ code: String(id).padStart(10, '0'), kind: 'card' }],
    membership: annual,
    open_visit: null,
    created_at: '2026-03-10T09:00:00.000Z',
    updated_at: '2026-03-10T09:00:00.000Z',
    ...changes,
  };
}

export function location(slug: string, changes: Partial<Location> = {}): Location {
  return {
    id: slug === 'main' ? 1 : 2,
    slug,
    name: slug === 'main' ? 'Main Street' : 'North Side',
    timezone: 'Europe/London',
    capacity: 120,
    hard_capacity: false,
    exits: 'assumed',
    hours: null,
    assumed_stay_minutes: 120,
    ...changes,
  };
}
