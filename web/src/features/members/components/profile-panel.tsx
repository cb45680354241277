/** A member's details, to edit. Only what was changed is sent, with the version that was read. */
import { Alert, Button, Group, Stack } from '@mantine/core';
import { notify } from '@/shared/notify.ts';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/api/http.ts';
import type { Member } from '@/api/schemas.ts';
import { Panel } from '@/shared/components/panel.tsx';
import { useUser } from '@/shared/client.tsx';
import { useErrorText } from '@/shared/error-text.ts';
import { mayEditMembers, mayManage } from '@/shared/roles.ts';
import { changedFields, draftOf, problemOf } from '../member-form.ts';
import { useUpdateMember } from '../queries.ts';
import { MemberFieldset } from './member-fields.tsx';

export function ProfilePanel({ member, etag }: { member: Member; etag: string }) {
  const { t } = useTranslation('members');
  const { role } = useUser();
  const errorText = useErrorText();
  const [draft, setDraft] = useState(() => draftOf(member));
  const update = useUpdateMember(member.id);
  const changes = changedFields(member, draft);
  const wrong = problemOf(draft, member.currency);
  const refused = update.error instanceof ApiError ? update.error.problem.field : undefined;
  const problem = wrong !== null ? { field: wrong.field, text: t(wrong.text) } : refused !== undefined ? { field: refused, text: errorText(update.error) } : null;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (wrong !== null) return;
    update.mutate(
      { changes, etag },
      {
        onSuccess: () => notify({ color: 'green', message: t('page.saved') }),
        // The page shows their version next, and this form with it; the reason must outlive it.
        onError: (error) => {
          if (error instanceof ApiError && error.code === 'precondition_failed') notify({ color: 'yellow', message: errorText(error), autoClose: false });
        },
      },
    );
  };
  return (
    <Panel title={t('page.profile')}>
      <form onSubmit={submit} noValidate>
        <fieldset disabled={!mayEditMembers(role)} style={{ border: 0, margin: 0, padding: 0, minInlineSize: 0 }}>
          <Stack gap="sm">
            <MemberFieldset draft={draft} onChange={setDraft} problem={problem} isNew={false} manager={mayManage(role)} />
            {update.error !== null && problem === null && (
              <Alert color="red" role="alert">
                {errorText(update.error)}
              </Alert>
            )}
            <Group justify="flex-end">
              <Button type="submit" loading={update.isPending} disabled={Object.keys(changes).length === 0}>
                {t('page.save')}
              </Button>
            </Group>
          </Stack>
        </fieldset>
      </form>
    </Panel>
  );
}
