/** The members, as many as there are: only the rows in sight are drawn, and further pages come as one scrolls. */
import { Anchor, Text } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Member } from '@/api/schemas.ts';
import { MemberAvatar } from '@/shared/components/member-avatar.tsx';
import { StatusBadge } from '@/shared/components/status-badge.tsx';
import { useFormat } from '@/shared/format.ts';
import classes from './member-table.module.css';

interface Props {
  members: Member[];
  timeZone: string;
  href: (id: number) => string;
  /** There are more, and none are on their way. */
  more: (() => void) | null;
}

const rowHeight = 65;

export function MemberTable({ members, timeZone, href, more }: Props) {
  const { t } = useTranslation('members');
  const [top, setTop] = useState(0);
  const measure = useCallback((box: HTMLDivElement | null) => {
    if (box !== null) setTop(box.offsetTop);
  }, []);
  const rows = useWindowVirtualizer({
    count: members.length,
    estimateSize: () => rowHeight,
    overscan: 10,
    scrollMargin: top,
    // Before the window is measured something is drawn already.
    initialRect: { width: 1280, height: 900 },
  });
  const drawn = rows.getVirtualItems();
  const lastDrawn = drawn.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more !== null && lastDrawn >= members.length - 20) more();
  }, [more, lastDrawn, members.length]);
  return (
    <div ref={measure} role="table" aria-label={t('title')} aria-rowcount={members.length + 1} className={classes.table}>
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className={classes.head}>
          <span role="columnheader">{t('column.member')}</span>
          <span role="columnheader" className={classes.wide}>
            {t('column.contact')}
          </span>
          <span role="columnheader" className={classes.wide}>
            {t('column.membership')}
          </span>
          <span role="columnheader">{t('column.status')}</span>
        </div>
      </div>
      <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {drawn.map(({ index, start }) => {
          const member = members[index];
          return (
            member && (
              <div
                key={member.id}
                role="row"
                aria-rowindex={index + 2}
                className={classes.row}
                style={{ transform: `translateY(${start - rows.options.scrollMargin}px)`, height: rowHeight }}
              >
                <Cells member={member} timeZone={timeZone} href={href(member.id)} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

function Cells({ member, timeZone, href }: { member: Member; timeZone: string; href: string }) {
  const { t } = useTranslation('members');
  const format = useFormat(timeZone);
  const { membership } = member;
  return (
    <>
      <span role="cell" className={classes.who}>
        <MemberAvatar name={member.name} photoUrl={member.photo_url} size={40} />
        <span className={classes.names}>
          <Anchor component={Link} to={href} className={classes.link}>
            {member.name}
          </Anchor>
          <Text size="xs" c="dimmed" truncate>
            {t('page.number', { number: member.number })}
          </Text>
        </span>
      </span>
      <span role="cell" className={classes.wide}>
        <Text size="sm" truncate>
          {member.email ?? '–'}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {member.phone}
        </Text>
      </span>
      <span role="cell" className={classes.wide}>
        <Text size="sm" truncate>
          {membership?.plan ?? '–'}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {membership && (membership.ends === null ? t('open') : t('until', { date: format.day(membership.ends) }))}
        </Text>
      </span>
      <span role="cell">
        <StatusBadge status={member.status} />
      </span>
    </>
  );
}
