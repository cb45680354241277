/** All members: search as one types, a filter, and a new one. What is searched stands in the address. */
import { Button, Group, Paper, Select, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconMoodEmpty, IconSearch, IconUserPlus } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { paths } from './paths.ts';
import { useCurrentLocation } from './routes.tsx';
import { MemberStatus } from '@/api/schemas.ts';
import { CreateMember } from '@/features/members/components/create-member.tsx';
import { MemberTable } from '@/features/members/components/member-table.tsx';
import { useMemberList } from '@/features/members/queries.ts';
import { Empty, Failure, Loading } from '@/shared/components/query-gate.tsx';
import { useUser } from '@/shared/client.tsx';
import { mayEditMembers } from '@/shared/roles.ts';

export default function MembersPage() {
  const { t } = useTranslation(['members', 'common']);
  const location = useCurrentLocation();
  const navigate = useNavigate();
  const { role } = useUser();
  const [creating, setCreating] = useState(false);
  const { text, setText, q, status, setStatus } = useFilters();
  const list = useMemberList(q, status);
  const members = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {t('title')}
        </Title>
        {mayEditMembers(role) && (
          <Button leftSection={<IconUserPlus size={18} aria-hidden />} onClick={() => setCreating(true)}>
            {t('new')}
          </Button>
        )}
      </Group>
      <Paper p="md">
        <Group gap="sm" mb="sm" align="end">
          <TextInput
            flex="1 1 16rem"
            size="md"
            aria-label={t('search')}
            placeholder={t('search')}
            leftSection={<IconSearch size={18} aria-hidden />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Select
            size="md"
            w={{ base: '100%', xs: 200 }}
            aria-label={t('filter')}
            value={status}
            onChange={(value) => setStatus(value ?? '')}
            data={[{ value: '', label: t('any') }, ...MemberStatus.options.map((value) => ({ value, label: t(`common:status.${value}`) }))]}
            allowDeselect={false}
          />
        </Group>
        <Text size="sm" c="dimmed" mb="xs" role="status">
          {list.isSuccess && t(list.hasNextPage ? 'foundMore' : 'found', { count: members.length })}
        </Text>
        {list.isPending && <Loading rows={8} />}
        {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && members.length === 0 && (
          <Empty icon={<IconMoodEmpty size={32} stroke={1.5} aria-hidden />}>{q === '' && status === '' ? t('nobody.all') : t('nobody.search', { q: q || t(`common:status.${status as MemberStatus}`) })}</Empty>
        )}
        {members.length > 0 && (
          <MemberTable
            members={members}
            timeZone={location.timezone}
            href={(id) => paths.member(location.slug, id)}
            more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : null}
          />
        )}
      </Paper>
      <CreateMember opened={creating} onClose={() => setCreating(false)} onCreated={({ id }) => void navigate(paths.member(location.slug, id))} />
    </>
  );
}

/** The words are in the box at once and in the address a moment later. */
function useFilters() {
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState(params.get('q') ?? '');
  const [q] = useDebouncedValue(text.trim(), 200);
  const status = params.get('status') ?? '';
  const set = (name: string, value: string) =>
    setParams(
      (now) => {
        if (value === '') now.delete(name);
        else now.set(name, value);
        return now;
      },
      { replace: true },
    );
  const inAddress = params.get('q') ?? '';
  useEffect(() => {
    if (q !== inAddress) set('q', q);
    // The address follows the box, never the other way round.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [q]);
  return { text, setText, q, status: MemberStatus.safeParse(status).data ?? '', setStatus: (value: string) => set('status', value) };
}
