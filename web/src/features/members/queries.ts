/** Members over REST: what is asked for, under which key it is kept, and what a change makes stale. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { z } from 'zod';
import { ApiError, type Tagged } from '@/api/http.ts';
import { type Code, Member, Membership, page, Plan, Visit } from '@/api/schemas.ts';
import { useHttp } from '@/shared/client.tsx';

const MemberPage = page(Member);
const VisitPage = page(Visit);
const MembershipPage = page(Membership);
const PlanPage = page(Plan);

export interface MemberFields {
  number: string;
  first_name: string;
  last_name: string;
  email: string | null;
  phone: string | null;
  born: string | null;
  notes: string | null;
  banned: boolean;
  balance_minor: number;
  codes: Code[];
}

const keys = {
  all: ['members'] as const,
  list: (q: string, status: string) => ['members', 'list', q, status] as const,
  one: (id: number) => ['members', 'one', id] as const,
  visits: (id: number) => ['members', 'visits', id] as const,
  memberships: (id: number) => ['members', 'memberships', id] as const,
};

export function useMemberList(q: string, status: string) {
  const http = useHttp();
  return useInfiniteQuery({
    queryKey: keys.list(q, status),
    queryFn: ({ pageParam, signal }) => http.read(MemberPage, '/members', { query: { q, status, cursor: pageParam, limit: 100 }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });
}

export function useMember(id: number) {
  const http = useHttp();
  return useQuery({ queryKey: keys.one(id), queryFn: ({ signal }) => http.readTagged(Member, `/members/${id}`, { signal }) });
}

export function useCreateMember() {
  const http = useHttp();
  const client = useQueryClient();
  return useMutation({
    // The key is made with the attempt's content: pressed twice, it is one member.
    mutationFn: ({ fields, key }: { fields: Partial<MemberFields>; key: string }) =>
      http.readTagged(Member, '/members', { method: 'POST', json: fields, headers: { 'Idempotency-Key': key } }),
    onSuccess: (created) => {
      client.setQueryData(keys.one(created.value.id), created);
      return client.invalidateQueries({ queryKey: [...keys.all, 'list'] });
    },
  });
}

export function useUpdateMember(id: number) {
  const http = useHttp();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ changes, etag }: { changes: Partial<MemberFields>; etag: string }) =>
      http.readTagged(Member, `/members/${id}`, { method: 'PATCH', json: changes, headers: { 'If-Match': etag } }),
    onSuccess: (updated: Tagged<Member>) => {
      client.setQueryData(keys.one(id), updated);
      return client.invalidateQueries({ queryKey: [...keys.all, 'list'] });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'precondition_failed') void client.invalidateQueries({ queryKey: keys.one(id) });
    },
  });
}

export function usePutPhoto(id: number) {
  const http = useHttp();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (file: File) =>
      http.read(z.object({ photo_url: z.string() }), `/members/${id}/photo`, { method: 'PUT', body: file, headers: { 'Content-Type': file.type } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.all }),
  });
}

export function useDeletePhoto(id: number) {
  const http = useHttp();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => http.send(`/members/${id}/photo`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.all }),
  });
}

export function useMemberVisits(id: number) {
  const http = useHttp();
  return useInfiniteQuery({
    queryKey: keys.visits(id),
    queryFn: ({ pageParam, signal }) => http.read(VisitPage, `/members/${id}/visits`, { query: { cursor: pageParam, limit: 25 }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
}

export function useMemberships(id: number) {
  const http = useHttp();
  return useQuery({ queryKey: keys.memberships(id), queryFn: ({ signal }) => http.read(MembershipPage, `/members/${id}/memberships`, { signal }) });
}

export function usePlans() {
  const http = useHttp();
  return useQuery({ queryKey: ['plans'], queryFn: ({ signal }) => http.read(PlanPage, '/plans', { signal }), staleTime: 5 * 60_000 });
}

export function useCreateMembership(id: number) {
  const http = useHttp();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, ...json }: { plan_id: number; starts: string; ends?: string; key: string }) =>
      http.read(Membership, `/members/${id}/memberships`, { method: 'POST', json, headers: { 'Idempotency-Key': key } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.all }),
  });
}

/** Freeze, unfreeze, cancel: each field stands for itself. */
export function useUpdateMembership(id: number) {
  const http = useHttp();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ membership, changes }: { membership: number; changes: Partial<Pick<Membership, 'ends' | 'frozen_from' | 'frozen_to' | 'cancelled_on'>> }) =>
      http.read(Membership, `/members/${id}/memberships/${membership}`, { method: 'PATCH', json: changes }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.all }),
  });
}
