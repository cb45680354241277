/** Lets the socket feed the query cache for as long as somebody is signed in. */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';
import { useFootfall } from '@footfall/realtime/react';
import { LiveFeed } from './live-feed.ts';

const FeedContext = createContext<LiveFeed | null>(null);

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useFootfall();
  const cache = useQueryClient();
  const feed = useMemo(() => new LiveFeed(client, cache), [client, cache]);
  useEffect(() => feed.start(), [feed]);
  return <FeedContext value={feed}>{children}</FeedContext>;
}

export function useFeed(): LiveFeed {
  const feed = useContext(FeedContext);
  if (feed === null) throw new Error('LiveProvider is missing above');
  return feed;
}
