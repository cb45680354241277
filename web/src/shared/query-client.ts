/** The one place for server state, and what holds for all of it. */
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/api/http.ts';

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        // A «no» of the server does not change by asking again; silence may.
        retry: (failures, error) => !(error instanceof ApiError) && failures < 3,
        staleTime: 15_000,
        // The shell says whether we are connected; a query that waits for navigator.onLine would wait for ever on a LAN without internet.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
  client.getQueryCache().subscribe((event) => {
    if (event.type !== 'removed') return;
    const [kind] = event.query.queryKey as readonly unknown[];
    const data: unknown = event.query.state.data;
    if (kind === 'photo' && typeof data === 'string') URL.revokeObjectURL(data);
  });
  return client;
}
