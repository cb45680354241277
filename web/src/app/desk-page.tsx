/** The front desk: the box and its answer, today's figures, what happens, who is inside. */
import { Alert, SegmentedControl, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconCloudOff } from '@tabler/icons-react';
import { useConnection, useFollow } from '@footfall/realtime/react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { Location } from '@/api/schemas.ts';
import { CheckInSection } from './check-in-section.tsx';
import classes from './desk-page.module.css';
import { FeedPanel, PresentPanel } from './desk-panels.tsx';
import { Announcer } from '@/features/live/components/announcer.tsx';
import { HourlyChart } from '@/features/live/components/hourly-chart.tsx';
import { Tiles } from '@/features/live/components/tiles-panel.tsx';
import { useSnapshot } from '@/features/live/queries.ts';
import { Panel } from '@/shared/components/panel.tsx';
import { QueryGate } from '@/shared/components/query-gate.tsx';
import { useFormat } from '@/shared/format.ts';

const views = ['feed', 'inside', 'today'] as const;

export function DeskPage({ location }: { location: Location }) {
  const { t } = useTranslation(['live', 'common']);
  const snapshot = useSnapshot(location.slug);
  const threeColumns = useMediaQuery('(min-width: 87.5em)', undefined, { getInitialValueInEffect: false });
  const [params, setParams] = useSearchParams();
  const chosen = views.find((view) => view === params.get('view')) ?? 'feed';
  useFollow(location.slug);

  const today = (
    <QueryGate query={snapshot} rows={4}>
      {({ stats }) => (
        <>
          <Tiles stats={stats} />
          <Panel title={t('hourly.title')} mt="md">
            <HourlyChart stats={stats} />
          </Panel>
        </>
      )}
    </QueryGate>
  );
  return (
    <div className={classes.desk}>
      <VisuallyHidden component="h1">{t('common:deskTitle', { name: location.name })}</VisuallyHidden>
      <div className={classes.main}>
        <StaleBanner location={location} asOf={snapshot.dataUpdatedAt} />
        <CheckInSection location={location} />
        {threeColumns && today}
      </div>
      {threeColumns ? (
        <>
          <FeedPanel location={location} snapshot={snapshot} />
          <PresentPanel location={location} snapshot={snapshot} />
        </>
      ) : (
        <div className={classes.side}>
          <SegmentedControl
            fullWidth
            aria-label={t('view.label')}
            value={chosen}
            onChange={(view) =>
              setParams((now) => {
                now.set('view', view);
                return now;
              }, { replace: true })
            }
            data={views.map((view) => ({ value: view, label: viewLabel(view) }))}
          />
          {chosen === 'feed' && <FeedPanel location={location} snapshot={snapshot} />}
          {chosen === 'inside' && <PresentPanel location={location} snapshot={snapshot} />}
          {chosen === 'today' && today}
        </div>
      )}
      <Announcer slug={location.slug} />
    </div>
  );

  function viewLabel(view: (typeof views)[number]): string {
    const inside = snapshot.data?.stats.currently_in;
    return view === 'inside' && inside !== undefined ? `${t('view.inside')} ${inside}` : t(`view.${view}`);
  }
}

/** Says, in the middle of the desk, that it is not the present that one sees. */
function StaleBanner({ location, asOf }: { location: Location; asOf: number }) {
  const { t } = useTranslation('live');
  const format = useFormat(location.timezone);
  const { name, failures } = useConnection();
  const away = name === 'waiting' || name === 'closed' || (name !== 'live' && failures > 0);
  if (!away || asOf === 0) return null;
  return (
    <Alert color="yellow" variant="filled" icon={<IconCloudOff aria-hidden />} className={classes.banner}>
      {t('connection.banner', { time: format.time(new Date(asOf).toISOString()) })}
    </Alert>
  );
}
