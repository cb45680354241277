import { Anchor, Button, Text } from '@mantine/core';
import { IconDoorExit } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Present } from '@/api/schemas.ts';
import { MemberAvatar } from '@/shared/components/member-avatar.tsx';
import { useFormat } from '@/shared/format.ts';
import { useNow } from '@/shared/now.ts';
import classes from './rows.module.css';

interface Props {
  present: Present;
  timeZone: string;
  href: string;
  onCheckOut: ((present: Present) => void) | null;
  leaving: boolean;
}

export function PresentRow({ present, timeZone, href, onCheckOut, leaving }: Props) {
  const { t } = useTranslation('live');
  const format = useFormat(timeZone);
  const { member, checked_in_at } = present;
  const inside = (useNow(30_000) - Date.parse(checked_in_at)) / 1000;
  return (
    <div className={classes.row}>
      <MemberAvatar name={member.name} photoUrl={member.photo_url} size={40} />
      <div className={classes.text}>
        <Anchor component={Link} to={href} className={classes.name}>
          {member.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {t('present.since', { time: format.time(checked_in_at), length: format.length(inside) })}
        </Text>
      </div>
      {onCheckOut !== null && (
        <Button
          variant="default"
          size="sm"
          px="sm"
          loading={leaving}
          aria-label={t('present.checkOutName', { name: member.name })}
          leftSection={<IconDoorExit size={18} aria-hidden />}
          onClick={() => onCheckOut(present)}
        >
          {t('present.checkOut')}
        </Button>
      )}
    </div>
  );
}
