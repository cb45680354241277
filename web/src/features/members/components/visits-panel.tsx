/** A member's visits, newest first. */
import { Button, Center, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Visit } from '@/api/schemas.ts';
import { Panel } from '@/shared/components/panel.tsx';
import { Failure, Loading } from '@/shared/components/query-gate.tsx';
import { useFormat } from '@/shared/format.ts';
import { useMemberVisits } from '../queries.ts';

export function VisitsPanel({ id, timeZone }: { id: number; timeZone: string }) {
  const { t } = useTranslation('members');
  const visits = useMemberVisits(id);
  const rows = visits.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Panel title={t('visits.title')}>
      {visits.isPending && <Loading rows={4} />}
      {visits.isError && <Failure error={visits.error} onRetry={() => void visits.refetch()} />}
      {visits.isSuccess && rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('visits.none')}
        </Text>
      )}
      {rows.length > 0 && (
        <Table.ScrollContainer minWidth={420} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('visits.title'), role: 'group' } }}>
          <Table verticalSpacing="xs" aria-label={t('visits.title')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('visits.in')}</Table.Th>
                <Table.Th>{t('visits.out')}</Table.Th>
                <Table.Th>{t('visits.length')}</Table.Th>
                <Table.Th>{t('visits.location')}</Table.Th>
                <Table.Th>{t('visits.by')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((visit) => (
                <VisitRow key={visit.id} visit={visit} timeZone={timeZone} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {visits.hasNextPage && (
        <Center mt="sm">
          <Button variant="subtle" loading={visits.isFetchingNextPage} onClick={() => void visits.fetchNextPage()}>
            {t('visits.more')}
          </Button>
        </Center>
      )}
    </Panel>
  );
}

function VisitRow({ visit, timeZone }: { visit: Visit; timeZone: string }) {
  const { t } = useTranslation('members');
  const format = useFormat(timeZone);
  return (
    <Table.Tr>
      <Table.Td>{format.dateTime(visit.checked_in_at)}</Table.Td>
      <Table.Td>
        {visit.checked_out_at === null ? t('visits.now') : format.time(visit.checked_out_at)}
        {visit.automatic && (
          <Text size="xs" c="dimmed">
            {t('visits.automatic')}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{visit.duration_seconds === null ? '–' : format.length(visit.duration_seconds)}</Table.Td>
      <Table.Td>{visit.location}</Table.Td>
      <Table.Td>
        {visit.by ?? '–'}
        {visit.override_reason !== null && (
          <Text size="xs" c="dimmed">
            {t('visits.override', { reason: visit.override_reason })}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
