/** What happens at the door, newest first; the refusals stay findable, also those of last week. */
import { Button, Center, Text } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import type { LiveEvent } from '@footfall/realtime';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty, Failure } from '@/shared/components/query-gate.tsx';
import { VirtualList } from '@/shared/components/virtual-list.tsx';
import { type FeedFilter, passes } from '../feed-filter.ts';
import { useEarlierEvents } from '../queries.ts';
import { inLines } from '../refusal-lines.ts';
import { type Denied, FeedRow } from './feed-row.tsx';

interface Props {
  slug: string;
  feed: LiveEvent[];
  filter: FeedFilter;
  timeZone: string;
  memberHref: (id: number) => string;
  /** Null: this role only looks. */
  onDeal: ((denied: Denied) => void) | null;
}

const rowHeight = 64;

export function FeedList({ slug, feed, filter, timeZone, memberHref, onDeal }: Props) {
  const { t } = useTranslation('live');
  // From where the earlier ones are read; fixed when they are asked for, while the feed moves on above.
  const [before, setBefore] = useState<number | null>(null);
  const earlier = useEarlierEvents(slug, filter, before ?? 1, before !== null);
  const events = useMemo(() => {
    const read = earlier.data?.pages.flatMap(({ items }) => items) ?? [];
    const live = before === null ? feed : feed.filter(({ payload }) => payload.seq >= before);
    return inLines([...live, ...read]).filter((event) => passes(filter, event));
  }, [feed, earlier.data, before, filter]);
  const undone = useMemo(() => undoneVisits(events), [events]);

  const more = () => {
    if (before === null) setBefore(feed.at(-1)?.payload.seq ?? 1);
    else void earlier.fetchNextPage();
  };
  const ended = before !== null && !earlier.hasNextPage && !earlier.isFetching && !earlier.isError;
  const end = (
    <Center py="sm">
      {earlier.isError ? (
        <Failure error={earlier.error} onRetry={() => void earlier.refetch()} />
      ) : ended ? (
        <Text size="sm" c="dimmed">
          {t('feed.end')}
        </Text>
      ) : (
        <Button variant="subtle" size="sm" loading={earlier.isFetching} onClick={more} leftSection={<IconHistory size={16} aria-hidden />}>
          {t('feed.earlier')}
        </Button>
      )}
    </Center>
  );

  if (events.length === 0) {
    return (
      <>
        <Empty icon={<IconHistory size={28} stroke={1.5} aria-hidden />}>{t(filter === 'refused' ? 'feed.noneRefused' : 'feed.none')}</Empty>
        {end}
      </>
    );
  }
  return (
    <VirtualList label={t('feed.title')} items={events} rowHeight={rowHeight} keyOf={({ payload }) => payload.seq} end={end}>
      {(event) => (
        <FeedRow event={event} undone={'visit_id' in event.payload && undone.has(event.payload.visit_id)} timeZone={timeZone} memberHref={memberHref} onDeal={onDeal} />
      )}
    </VirtualList>
  );
}

function undoneVisits(events: LiveEvent[]): ReadonlySet<number> {
  return new Set(events.flatMap((event) => (event.type === 'visit_corrected' && event.payload.change === 'undone' ? [event.payload.visit_id] : [])));
}
