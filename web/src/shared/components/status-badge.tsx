/** A membership's status: a word and an icon beside the colour. */
import {
  IconBan,
  IconCalendarClock,
  IconCalendarX,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconSnowflake,
  IconTicketOff,
  IconUserPlus,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Tag, type TagColor } from './tag.tsx';
import type { Membership, MemberStatus } from '@/api/schemas.ts';

type Status = MemberStatus | Membership['status'];

const looks: Record<Status, { color: TagColor; Icon: typeof IconBan }> = {
  active: { color: 'green', Icon: IconCircleCheck },
  expired: { color: 'red', Icon: IconCalendarX },
  frozen: { color: 'blue', Icon: IconSnowflake },
  not_started: { color: 'yellow', Icon: IconCalendarClock },
  cancelled: { color: 'red', Icon: IconCircleX },
  banned: { color: 'red', Icon: IconBan },
  used_up: { color: 'red', Icon: IconTicketOff },
  guest: { color: 'gray', Icon: IconUserPlus },
  none: { color: 'gray', Icon: IconCircleDashed },
};

export function StatusBadge({ status }: { status: Status }) {
  const { t } = useTranslation();
  const { color, Icon } = looks[status];
  return (
    <Tag color={color} icon={<Icon size={14} aria-hidden />}>
      {t(`status.${status}`)}
    </Tag>
  );
}
