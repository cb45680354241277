/** Today in five figures. */
import { Progress, Text } from '@mantine/core';
import { IconChartLine, IconClock, IconHandStop, IconLogin2, IconUsers } from '@tabler/icons-react';
import type { Stats } from '@footfall/realtime';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format.ts';
import classes from './tiles-panel.module.css';

export function Tiles({ stats }: { stats: Stats }) {
  const { t } = useTranslation('live');
  const format = useFormat(stats.timezone);
  return (
    <dl className={classes.tiles} aria-label={t('tiles.title')}>
      <Tile label={t('tiles.inside')} icon={<IconUsers size={18} />} value={format.number(stats.currently_in)} strong>
        {stats.capacity === null ? null : <Capacity inside={stats.currently_in} capacity={stats.capacity} text={t('tiles.ofCapacity', { capacity: format.number(stats.capacity) })} />}
      </Tile>
      <Tile label={t('tiles.checkIns')} icon={<IconLogin2 size={18} />} value={format.number(stats.check_ins_today)}>
        {t('tiles.unique', { count: stats.unique_members_today })}
      </Tile>
      <Tile label={t('tiles.average')} icon={<IconClock size={18} />} value={stats.average_visit_seconds === null ? '–' : format.length(stats.average_visit_seconds)}>
        {stats.average_visit_seconds === null ? t('tiles.noAverage') : t('tiles.ended', { count: stats.check_outs_today })}
      </Tile>
      <Tile label={t('tiles.peak')} icon={<IconChartLine size={18} />} value={format.number(stats.peak_today)}>
        {stats.peak_at === null ? null : t('tiles.peakAt', { time: format.time(stats.peak_at) })}
      </Tile>
      <Tile label={t('tiles.denied')} icon={<IconHandStop size={18} />} value={format.number(stats.denied_today)} />
    </dl>
  );
}

interface TileProps {
  label: string;
  icon: ReactNode;
  value: string;
  strong?: boolean;
  children?: ReactNode;
}

function Tile({ label, icon, value, strong = false, children }: TileProps) {
  return (
    <div className={classes.tile} data-strong={strong || undefined}>
      <dt className={classes.label}>
        <span aria-hidden>{icon}</span>
        {label}
      </dt>
      <dd className={classes.value}>{value}</dd>
      <dd className={classes.more}>{children}</dd>
    </div>
  );
}

function Capacity({ inside, capacity, text }: { inside: number; capacity: number; text: string }) {
  const share = Math.min(100, (inside / capacity) * 100);
  return (
    <>
      <Text span inherit>
        {text}
      </Text>
      <Progress value={share} size={6} mt={6} radius="xl" color={share >= 100 ? 'red' : share >= 85 ? 'yellow' : 'pine'} aria-hidden className={classes.capacity} />
    </>
  );
}
