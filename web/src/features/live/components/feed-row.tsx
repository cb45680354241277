import { Anchor, Button } from '@mantine/core';
import { IconAlertTriangle, IconArrowDownLeft, IconArrowUpRight, IconHandStop, IconPencil } from '@tabler/icons-react';
import type { LiveEvent } from '@footfall/realtime';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { MemberAvatar } from '@/shared/components/member-avatar.tsx';
import { Tag } from '@/shared/components/tag.tsx';
import { useCodeText } from '@/shared/error-text.ts';
import { type Format, useFormat } from '@/shared/format.ts';
import { useMediaQuery } from '@mantine/hooks';
import classes from './rows.module.css';

export type Denied = Extract<LiveEvent, { type: 'check_in_denied' }>['payload'];

type Kind = 'in' | 'warned' | 'out' | 'refused' | 'corrected';

const marks: Record<Kind, typeof IconPencil> = {
  in: IconArrowDownLeft,
  warned: IconAlertTriangle,
  out: IconArrowUpRight,
  refused: IconHandStop,
  corrected: IconPencil,
};

interface Props {
  event: LiveEvent;
  /** Its visit was taken back later. */
  undone: boolean;
  timeZone: string;
  memberHref: (id: number) => string;
  onDeal: ((denied: Denied) => void) | null;
}

export function FeedRow({ event, undone, timeZone, memberHref, onDeal }: Props) {
  const { t } = useTranslation('live');
  const format = useFormat(timeZone);
  const codeText = useCodeText();
  const kind = kindOf(event);
  const Mark = marks[kind];
  const { member } = event.payload;
  const name = nameOf(event, t);
  return (
    <div className={`${classes.row ?? ''} ${undone && kind !== 'corrected' ? (classes.struck ?? '') : ''}`} data-kind={kind}>
      <div className={classes.face}>
        <MemberAvatar name={member?.name ?? null} photoUrl={member?.photo_url} size={40} />
        <span className={classes.mark}>
          <Mark size={12} stroke={3} aria-hidden />
        </span>
      </div>
      <div className={classes.text}>
        {member ? (
          <Anchor component={Link} to={memberHref(member.id)} className={classes.name}>
            {name}
          </Anchor>
        ) : (
          <span className={classes.name}>{name}</span>
        )}
        <span className={classes.what}>{sentence(event, t, format, codeText, undone).join(' · ')}</span>
      </div>
      <div className={classes.side}>
        {event.payload.at && <time dateTime={event.payload.at}>{timeOf(event.payload.at, format, timeZone)}</time>}
        {event.type === 'check_in_denied' && <RefusalSide denied={event.payload} name={name} onDeal={onDeal} />}
      </div>
    </div>
  );
}

function RefusalSide({ denied, name, onDeal }: { denied: Denied; name: string; onDeal: Props['onDeal'] }) {
  const { t } = useTranslation('live');
  const wide = useMediaQuery('(min-width: 24em)');
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: 6 }}>
      {denied.repeats > 0 && (
        <Tag color="red">{t('feed.times', { count: denied.repeats + 1 })}</Tag>
      )}
      {denied.member && onDeal !== null && wide && (
        <Button size="compact-xs" variant="default" aria-label={t('feed.again', { name })} onClick={() => onDeal(denied)}>
          {t('feed.againShort')}
        </Button>
      )}
    </span>
  );
}

function kindOf(event: LiveEvent): Kind {
  switch (event.type) {
    case 'member_checked_in':
      return event.payload.warnings.length > 0 ? 'warned' : 'in';
    case 'member_checked_out':
      return 'out';
    case 'check_in_denied':
      return 'refused';
    case 'visit_corrected':
      return 'corrected';
  }
}

export function nameOf(event: LiveEvent, t: TFunction<'live'>): string {
  const { member } = event.payload;
  if (member) return member.name;
  return event.type === 'check_in_denied' ? t('feed.unknown', { tail: event.payload.code_last4 ?? '' }) : '';
}

function sentence(event: LiveEvent, t: TFunction<'live'>, format: Format, codeText: ReturnType<typeof useCodeText>, undone: boolean): string[] {
  const parts = [what(), by(), undone && event.type !== 'visit_corrected' ? t('feed.wasUndone') : null];
  if ('late' in event.payload && event.payload.late) parts.push(t('feed.late'));
  return parts.filter((part) => part !== null);

  function what(): string {
    switch (event.type) {
      case 'member_checked_in': {
        const [warning] = event.payload.warnings;
        return warning === undefined ? t('feed.in_text') : t('feed.in_warned', { warning: codeText(warning.code, warning.message) });
      }
      case 'member_checked_out': {
        const length = format.length(event.payload.duration_seconds ?? 0);
        return t(event.payload.automatic ? 'feed.out_automatic' : 'feed.out_text', { length });
      }
      case 'check_in_denied':
        return t('feed.refused_text', { reason: codeText(event.payload.code) });
      case 'visit_corrected':
        return t(event.payload.change === 'undone' ? 'feed.undone' : 'feed.edited');
    }
  }

  function by(): string | null {
    if (event.type === 'check_in_denied') return null;
    if ('by' in event.payload && typeof event.payload.by === 'string') return event.payload.by;
    if (!('source' in event.payload)) return null;
    const { source } = event.payload;
    return isSource(source) && source !== 'system' ? t(`feed.source.${source}`) : null;
  }
}

const sources = ['desk', 'kiosk', 'turnstile', 'api', 'system'] as const;
type Source = (typeof sources)[number];
const isSource = (value: unknown): value is Source => sources.some((source) => source === value);

/** Today's with the time alone; older ones say the day. */
function timeOf(moment: string, format: Format, timeZone: string): string {
  const day = new Intl.DateTimeFormat('en', { dateStyle: 'short', timeZone });
  return day.format(new Date(moment)) === day.format(new Date()) ? format.time(moment) : format.dateTime(moment);
}
