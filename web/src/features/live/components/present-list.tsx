/** Who is inside, latest arrival first; leaving is one press. */
import { TextInput } from '@mantine/core';
import { IconMoodEmpty, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Present } from '@/api/schemas.ts';
import { Empty } from '@/shared/components/query-gate.tsx';
import { VirtualList } from '@/shared/components/virtual-list.tsx';
import { folded } from '@/shared/fold.ts';
import { PresentRow } from './present-row.tsx';

interface Props {
  present: Present[];
  timeZone: string;
  memberHref: (id: number) => string;
  /** Null: this role only looks. */
  onCheckOut: ((present: Present) => void) | null;
  /** Visits whose check-out is on its way. */
  leaving: ReadonlySet<number>;
}

const rowHeight = 64;

export function PresentList({ present, timeZone, memberHref, onCheckOut, leaving }: Props) {
  const { t } = useTranslation('live');
  const [search, setSearch] = useState('');
  const shown = search.trim() === '' ? present : present.filter(({ member }) => folded(member.name).includes(folded(search.trim())));
  return (
    <>
      {present.length > 6 && (
        <TextInput
          mb="xs"
          aria-label={t('present.search')}
          placeholder={t('present.search')}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {shown.length === 0 ? (
        <Empty icon={<IconMoodEmpty size={28} stroke={1.5} aria-hidden />}>{t(present.length === 0 ? 'present.none' : 'present.noMatch')}</Empty>
      ) : (
        <VirtualList label={t('present.title')} items={shown} rowHeight={rowHeight} keyOf={({ visit_id }) => visit_id}>
          {(row) => (
            <PresentRow present={row} timeZone={timeZone} href={memberHref(row.member.id)} onCheckOut={onCheckOut} leaving={leaving.has(row.visit_id)} />
          )}
        </VirtualList>
      )}
    </>
  );
}

