/** The desk's two lists, wired: the feed to the answer, the people inside to their check-out. */
import { SegmentedControl, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import classes from './desk-page.module.css';
import { paths } from './paths.ts';
import type { Location, Present } from '@/api/schemas.ts';
import { useDesk } from '@/features/check-in/use-desk.tsx';
import { FeedList } from '@/features/live/components/feed-list.tsx';
import type { Denied } from '@/features/live/components/feed-row.tsx';
import { PresentList } from '@/features/live/components/present-list.tsx';
import { feedFilters, isFeedFilter } from '@/features/live/feed-filter.ts';
import type { LiveState } from '@/features/live/live-state.ts';
import { Panel } from '@/shared/components/panel.tsx';
import { QueryGate } from '@/shared/components/query-gate.tsx';
import { useUser } from '@/shared/client.tsx';
import { useCodeText } from '@/shared/error-text.ts';
import { briefOf } from '@/shared/member-brief.ts';
import { mayCheckIn, mayManage, mayOverride } from '@/shared/roles.ts';

interface Props {
  location: Location;
  snapshot: UseQueryResult<LiveState>;
}

export function FeedPanel({ location, snapshot }: Props) {
  const { t } = useTranslation('live');
  const [params, setParams] = useSearchParams();
  const wanted = params.get('feed');
  const filter = isFeedFilter(wanted) ? wanted : 'all';
  const onDeal = useDeal(location.slug);
  const setFilter = (next: string) =>
    setParams(
      (now) => {
        now.set('feed', next);
        return now;
      },
      { replace: true },
    );
  return (
    <Panel
      className={classes.column}
      title={t('feed.title')}
      side={
        <SegmentedControl
          size="xs"
          aria-label={t('feed.filter')}
          value={filter}
          onChange={setFilter}
          data={feedFilters.map((value) => ({ value, label: t(`feed.${value}`) }))}
        />
      }
    >
      <QueryGate query={snapshot} rows={6}>
        {({ feed }) => (
          <FeedList
            key={filter}
            slug={location.slug}
            feed={feed}
            filter={filter}
            timeZone={location.timezone}
            memberHref={(id) => paths.member(location.slug, id)}
            onDeal={onDeal}
          />
        )}
      </QueryGate>
    </Panel>
  );
}

/** Puts a refusal of the feed up as the big answer again, with its override. Whether it may pass is the server's word, when it is tried. */
function useDeal(slug: string): ((denied: Denied) => void) | null {
  const { role } = useUser();
  const desk = useDesk(slug);
  const codeText = useCodeText();
  if (!mayOverride(role)) return null;
  return (denied) => {
    if (!denied.member) return;
    const member = briefOf(denied.member);
    desk.show({
      kind: 'refused',
      direction: 'in',
      subject: { kind: 'member', id: member.id, name: member.name, photoUrl: member.photo_url },
      code: denied.code,
      sentence: codeText(denied.code),
      member,
      canOverride: denied.code !== 'member_banned' || mayManage(role),
    });
  };
}

export function PresentPanel({ location, snapshot }: Props) {
  const { t } = useTranslation('live');
  const { role } = useUser();
  const { leaving, checkOut } = useCheckOut(location.slug);
  return (
    <Panel className={classes.column} title={t('present.title')} side={<Text fw={700}>{snapshot.data?.present.length ?? ''}</Text>}>
      <QueryGate query={snapshot} rows={6}>
        {({ present }) => (
          <PresentList
            present={present}
            timeZone={location.timezone}
            memberHref={(id) => paths.member(location.slug, id)}
            onCheckOut={mayCheckIn(role) ? checkOut : null}
            leaving={leaving}
          />
        )}
      </QueryGate>
    </Panel>
  );
}

function useCheckOut(slug: string) {
  const desk = useDesk(slug);
  const [leaving, setLeaving] = useState<ReadonlySet<number>>(new Set());
  const checkOut = ({ visit_id, member }: Present) => {
    setLeaving((now) => new Set(now).add(visit_id));
    void desk.submit('out', { kind: 'member', id: member.id, name: member.name, photoUrl: member.photo_url }).finally(() =>
      setLeaving((now) => new Set([...now].filter((id) => id !== visit_id))),
    );
  };
  return { leaving, checkOut };
}
