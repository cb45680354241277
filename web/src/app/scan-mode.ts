/** What a scan means at this desk, in or out: one for all pages, so that a scan on a member's page does what the desk says. */
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Direction } from '@/features/check-in/answer.ts';

const key = (slug: string) => ['scan-mode', slug] as const;

export function useScanMode(slug: string): [Direction, (mode: Direction) => void] {
  const cache = useQueryClient();
  const { data } = useQuery<Direction>({ queryKey: key(slug), queryFn: skipToken, staleTime: Infinity, gcTime: Infinity });
  return [data ?? 'in', (mode) => cache.setQueryData(key(slug), mode)];
}
