/** The member at a glance, with the photo and the way to change it. */
import { Button, FileButton, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { notify } from '@/shared/notify.ts';
import { IconCamera, IconDoor, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Member } from '@/api/schemas.ts';
import { MemberAvatar } from '@/shared/components/member-avatar.tsx';
import { Tag } from '@/shared/components/tag.tsx';
import { StatusBadge } from '@/shared/components/status-badge.tsx';
import { useUser } from '@/shared/client.tsx';
import { useErrorText } from '@/shared/error-text.ts';
import { useFormat } from '@/shared/format.ts';
import { mayEditMembers } from '@/shared/roles.ts';
import { useDeletePhoto, usePutPhoto } from '../queries.ts';

export function MemberHeader({ member, timeZone }: { member: Member; timeZone: string }) {
  const { t } = useTranslation('members');
  const format = useFormat(timeZone);
  const { role } = useUser();
  return (
    <Paper p="md">
      <Group gap="lg" align="center">
        <MemberAvatar name={member.name} photoUrl={member.photo_url} size={128} radius="lg" />
        <Stack gap={6} flex="1 1 16rem" miw={0}>
          <Title order={1} size="h2">
            {member.name}
          </Title>
          <Group gap="xs">
            <StatusBadge status={member.status} />
            {member.open_visit !== null && (
              <Tag color="blue" icon={<IconDoor size={14} aria-hidden />}>
                {t('page.inside', { time: format.dateTime(member.open_visit.checked_in_at) })}
              </Tag>
            )}
            {member.balance_minor !== 0 && (
              <Tag color={member.balance_minor < 0 ? 'yellow' : 'gray'}>
                {t(member.balance_minor < 0 ? 'page.owes' : 'page.credit', { amount: format.money(Math.abs(member.balance_minor), member.currency) })}
              </Tag>
            )}
          </Group>
          <Text size="sm" c="dimmed">
            {t('page.number', { number: member.number })} · {t('page.since', { date: format.day(member.created_at.slice(0, 10)) })}
          </Text>
        </Stack>
        {mayEditMembers(role) && <PhotoButtons member={member} />}
      </Group>
    </Paper>
  );
}

function PhotoButtons({ member }: { member: Member }) {
  const { t } = useTranslation('members');
  const errorText = useErrorText();
  const put = usePutPhoto(member.id);
  const remove = useDeletePhoto(member.id);
  const failed = (error: unknown) => notify({ color: 'red', message: errorText(error) });
  const take = (file: File | null) => {
    if (file === null) return;
    put.mutate(file, { onSuccess: () => notify({ color: 'green', message: t('photo.done') }), onError: failed });
  };
  return (
    <Group gap="xs">
      <FileButton onChange={take} accept="image/jpeg,image/png" inputProps={{ 'aria-label': t('photo.title') }}>
        {(props) => (
          <Button {...props} variant="default" loading={put.isPending} leftSection={<IconCamera size={18} aria-hidden />}>
            {t(member.photo_url === null ? 'photo.add' : 'photo.change')}
          </Button>
        )}
      </FileButton>
      {member.photo_url !== null && (
        <Button variant="subtle" color="red" loading={remove.isPending} leftSection={<IconTrash size={18} aria-hidden />} onClick={() => remove.mutate(undefined, { onError: failed })}>
          {t('photo.remove')}
        </Button>
      )}
    </Group>
  );
}
