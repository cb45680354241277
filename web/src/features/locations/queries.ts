import { useQuery } from '@tanstack/react-query';
import type { Http } from '@/api/http.ts';
import { Location, page } from '@/api/schemas.ts';
import { useHttp } from '@/shared/client.tsx';

const LocationPage = page(Location);

/** All locations that this person may see: pages after pages, since a chain has more than one page of them. */
async function allLocations(http: Http, signal: AbortSignal): Promise<Location[]> {
  const found: Location[] = [];
  let cursor: string | null = null;
  do {
    const next: { items: Location[]; next: string | null } = await http.read(LocationPage, '/locations', { query: { limit: 200, cursor }, signal });
    found.push(...next.items);
    cursor = next.next;
  } while (cursor !== null);
  return found;
}

export function useLocations() {
  const http = useHttp();
  return useQuery({ queryKey: ['locations'], queryFn: ({ signal }) => allLocations(http, signal), staleTime: 5 * 60_000 });
}
