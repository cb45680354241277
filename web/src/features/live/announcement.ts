import type { LiveEvent } from '@footfall/realtime';
import type { TFunction } from 'i18next';

const namedMax = 2;

/** The first few by name, the rest as a number. */
export function announcement(events: readonly LiveEvent[], t: TFunction<'live'>): string {
  const named = events.flatMap((event) => {
    if (event.type === 'member_checked_in') return [t('announce.in', { name: event.payload.member.name })];
    if (event.type === 'member_checked_out') return [t('announce.out', { name: event.payload.member.name })];
    return [];
  });
  const rest = named.length - namedMax;
  return [...named.slice(0, namedMax), ...(rest > 0 ? [t('announce.many', { count: rest })] : [])].join(', ');
}
