import type { LiveEvent } from '@footfall/realtime';

export const feedFilters = ['all', 'in', 'out', 'refused'] as const;
export type FeedFilter = (typeof feedFilters)[number];

export function isFeedFilter(value: string | null): value is FeedFilter {
  return feedFilters.some((filter) => filter === value);
}

export function passes(filter: FeedFilter, event: LiveEvent): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'in':
      return event.type === 'member_checked_in';
    case 'out':
      return event.type === 'member_checked_out';
    case 'refused':
      return event.type === 'check_in_denied';
  }
}
