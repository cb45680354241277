/** One member among the matches: face, name, number, how they stand, and what Enter would do. */
import { Combobox, Group, Text } from '@mantine/core';
import { IconCornerDownLeft } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Member } from '@/api/schemas.ts';
import { MemberAvatar } from '@/shared/components/member-avatar.tsx';
import { StatusBadge } from '@/shared/components/status-badge.tsx';
import { useFormat } from '@/shared/format.ts';
import classes from './scan-box.module.css';

interface Props {
  member: Member;
  slug: string;
  timeZone: string;
  best: boolean;
}

export function MatchOption({ member, slug, timeZone, best }: Props) {
  const { t } = useTranslation('checkIn');
  const format = useFormat(timeZone);
  const visit = member.open_visit;
  const direction = visit?.location === slug ? 'out' : 'in';
  const inside = visit && (direction === 'out' ? t('inside', { time: format.time(visit.checked_in_at) }) : t('insideElsewhere', { location: visit.location }));
  return (
    <Combobox.Option value={String(member.id)} className={`${classes.option ?? ''} ${best ? (classes.best ?? '') : ''}`}>
      <MemberAvatar name={member.name} photoUrl={member.photo_url} size={44} />
      <div className={classes.who}>
        <Text fw={600} truncate>
          {member.name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {[member.number, inside, member.phone].filter(Boolean).join(' · ')}
        </Text>
      </div>
      <Group gap="xs" className={classes.action}>
        <StatusBadge status={member.status} />
        <Text size="sm" fw={600} visibleFrom="sm">
          {t(`action.${direction}`)}
        </Text>
        {best && <IconCornerDownLeft size={18} aria-hidden className={classes.enter} />}
      </Group>
    </Combobox.Option>
  );
}
