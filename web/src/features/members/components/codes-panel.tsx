/** A member's cards and codes. A new card is scanned into its field. */
import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconBarcode, IconX } from '@tabler/icons-react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Code, Member } from '@/api/schemas.ts';
import { Tag } from '@/shared/components/tag.tsx';
import { Panel } from '@/shared/components/panel.tsx';
import { useUser } from '@/shared/client.tsx';
import { useErrorText } from '@/shared/error-text.ts';
import { mayEditMembers } from '@/shared/roles.ts';
import { useUpdateMember } from '../queries.ts';
import classes from './panels.module.css';

export function CodesPanel({ member, etag }: { member: Member; etag: string }) {
  const { t } = useTranslation('members');
  const { role } = useUser();
  const errorText = useErrorText();
  const [code, setCode] = useState('');
  const update = useUpdateMember(member.id);
  const put = (codes: Code[]) => update.mutate({ changes: { codes }, etag }, { onSuccess: () => setCode('') });
  const add = (event: SyntheticEvent) => {
    event.preventDefault();
    if (code.trim() !== '') put([...member.codes, { code: code.trim(), kind: 'card' }]);
  };
  const editable = mayEditMembers(role);
  return (
    <Panel title={t('codes.title')}>
      <Stack gap="sm">
        {member.codes.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('codes.none')}
          </Text>
        ) : (
          <ul className={classes.list}>
            {member.codes.map((each) => (
              <li key={each.code} className={classes.item}>
                <Tag color="gray">{t(`codes.${each.kind}`)}</Tag>
                <Text ff="monospace" flex={1} truncate>
                  {each.code}
                </Text>
                {editable && (
                  <ActionIcon variant="subtle" color="gray" aria-label={t('codes.remove', { code: each.code })} onClick={() => put(member.codes.filter(({ code: kept }) => kept !== each.code))}>
                    <IconX size={16} aria-hidden />
                  </ActionIcon>
                )}
              </li>
            ))}
          </ul>
        )}
        {editable && (
          <form onSubmit={add}>
            <Group gap="xs" align="end" wrap="nowrap">
              <TextInput
                flex={1}
                label={t('codes.new')}
                description={t('field.cardHint')}
                leftSection={<IconBarcode size={18} aria-hidden />}
                value={code}
                data-takes-scans
                error={update.error === null ? null : errorText(update.error)}
                onChange={(event) => setCode(event.currentTarget.value)}
                inputWrapperOrder={['label', 'input', 'description', 'error']}
              />
            </Group>
            <Button type="submit" mt="xs" variant="default" loading={update.isPending} disabled={code.trim() === ''}>
              {t('codes.add')}
            </Button>
          </form>
        )}
      </Stack>
    </Panel>
  );
}
