/** The day's check-ins by the location's own hours: bars for the eye, a table for a screen reader. */
import { Tooltip, VisuallyHidden } from '@mantine/core';
import type { Stats } from '@footfall/realtime';
import { useTranslation } from 'react-i18next';
import { useNow } from '@/shared/now.ts';
import classes from './hourly-chart.module.css';

export function HourlyChart({ stats }: { stats: Stats }) {
  const { t } = useTranslation('live');
  const current = useLocalHour(stats.timezone);
  const most = Math.max(1, ...stats.hourly);
  return (
    <>
      <div className={classes.chart} aria-hidden>
        {stats.hourly.map((count, hour) => (
          <Tooltip key={hour} label={t('hourly.bar', { hour: `${hour}:00`, count: String(count) })} openDelay={100}>
            <div className={classes.column} data-now={hour === current || undefined}>
              <div className={classes.room}>
                {count === most && count > 0 && <span className={classes.count}>{count}</span>}
                <div className={classes.bar} style={{ height: `${(count / most) * 100}%` }} />
              </div>
              <span className={classes.hour}>{hour % 3 === 0 ? hour : ''}</span>
            </div>
          </Tooltip>
        ))}
      </div>
      <VisuallyHidden>
        <HourTable hourly={stats.hourly} />
      </VisuallyHidden>
    </>
  );
}

function HourTable({ hourly }: { hourly: number[] }) {
  const { t } = useTranslation('live');
  const busy = hourly.map((count, hour) => ({ hour, count })).filter(({ count }) => count > 0);
  if (busy.length === 0) return <p>{t('hourly.none')}</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t('hourly.hour')}</th>
          <th scope="col">{t('hourly.count')}</th>
        </tr>
      </thead>
      <tbody>
        {busy.map(({ hour, count }) => (
          <tr key={hour}>
            <th scope="row">{hour}</th>
            <td>{count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function useLocalHour(timeZone: string): number {
  const now = useNow(30_000);
  return Number(new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone }).format(now));
}
