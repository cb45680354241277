/** One location as it stands now: by REST first, then kept fresh by the socket; polled while the socket is away. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useFeed } from './live-provider.tsx';
import { useConnection } from '@footfall/realtime/react';
import { useHttp } from '@/shared/client.tsx';
import { snapshotKey } from './live-feed.ts';
import { EventPage, Snapshot } from './live-state.ts';
import type { FeedFilter } from './feed-filter.ts';

const poll_ms = 30_000;

export function useSnapshot(slug: string) {
  const http = useHttp();
  const feed = useFeed();
  const live = useConnection().name === 'live';
  return useQuery({
    queryKey: snapshotKey(slug),
    queryFn: async ({ signal }) => feed.merge(slug, await http.read(Snapshot, `/locations/${slug}/snapshot`, { signal })),
    staleTime: live ? Infinity : 0,
    refetchInterval: live ? false : poll_ms,
    refetchOnWindowFocus: !live,
    structuralSharing: false,
  });
}

const typeOf: Record<FeedFilter, string | null> = { all: null, in: 'member_checked_in', out: 'member_checked_out', refused: 'check_in_denied' };

/** What happened before the feed's oldest entry; fetched only when somebody asks for it. */
export function useEarlierEvents(slug: string, filter: FeedFilter, before: number, wanted: boolean) {
  const http = useHttp();
  return useInfiniteQuery({
    queryKey: ['events', slug, filter, before],
    queryFn: ({ pageParam, signal }) =>
      http.read(EventPage, `/locations/${slug}/events`, { query: { before: pageParam, type: typeOf[filter], limit: 50 }, signal }),
    initialPageParam: String(before),
    getNextPageParam: (last) => last.next,
    enabled: wanted,
    staleTime: Infinity,
  });
}
