import { keepPreviousData, skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Member, page } from '@/api/schemas.ts';
import { useHttp } from '@/shared/client.tsx';
import type { Answer } from './answer.ts';
import { answerKey } from './desk.ts';

const MemberPage = page(Member);

/** Best match first, as a desk types; nothing is asked for an empty box. */
export function useMemberSearch(q: string) {
  const http = useHttp();
  return useQuery({
    queryKey: ['member-search', q],
    queryFn: q === '' ? skipToken : ({ signal }) => http.read(MemberPage, '/members', { query: { q, limit: 8 }, signal }),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    retry: 0,
  });
}

/** The latest answer at this desk; put there by desk.ts. */
export function useAnswer(slug: string): Answer | null {
  const { data } = useQuery<Answer | null>({ queryKey: answerKey(slug), queryFn: skipToken, staleTime: Infinity, gcTime: Infinity });
  return data ?? null;
}

/** What else the desk should know of the one at the door: notes, balance, until when. */
export function useMemberDetails(id: number | null) {
  const http = useHttp();
  return useQuery({
    queryKey: ['member-details', id],
    queryFn: id === null ? skipToken : ({ signal }) => http.read(Member, `/members/${id}`, { signal }),
    staleTime: 10_000,
    retry: 0,
  });
}

export function useUndo(slug: string) {
  const http = useHttp();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (visit: number) => http.send(`/visits/${visit}`, { method: 'DELETE' }),
    onSuccess: (_, visit) => {
      const current = cache.getQueryData<Answer | null>(answerKey(slug));
      if (current?.kind === 'let_in' && current.success.visit_id === visit) cache.setQueryData(answerKey(slug), null);
    },
  });
}
