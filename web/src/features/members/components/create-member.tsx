/** A new member, from a name alone or with a card that is scanned into its field. */
import { Alert, Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { notify } from '@/shared/notify.ts';
import { IconBarcode } from '@tabler/icons-react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/api/http.ts';
import type { Member } from '@/api/schemas.ts';
import { useErrorText } from '@/shared/error-text.ts';
import { emptyDraft, newFields, problemOf } from '../member-form.ts';
import { useCreateMember } from '../queries.ts';
import { MemberFieldset } from './member-fields.tsx';

interface Props {
  opened: boolean;
  onClose: () => void;
  onCreated: (member: Member) => void;
}

export function CreateMember({ opened, onClose, onCreated }: Props) {
  const { t } = useTranslation(['members', 'common']);
  return (
    <Modal.Root opened={opened} onClose={onClose} size="lg">
      <Modal.Overlay />
      <Modal.Content>
        {/* A header of its own would be the page's second banner. */}
        <Modal.Header role="presentation">
          <Modal.Title>{t('create.title')}</Modal.Title>
          <Modal.CloseButton aria-label={t('common:close')} />
        </Modal.Header>
        <Modal.Body>
          <Form onClose={onClose} onCreated={onCreated} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Form({ onClose, onCreated }: Omit<Props, 'opened'>) {
  const { t } = useTranslation(['members', 'common']);
  const errorText = useErrorText();
  const [draft, setDraft] = useState(emptyDraft);
  const [card, setCard] = useState('');
  const [problem, setProblem] = useState<{ field: string; text: string } | null>(null);
  // One key for one form: pressed twice, also after a cut line, it is one member. What is changed in between is another request.
  const [key, setKey] = useState(() => crypto.randomUUID());
  const create = useCreateMember();

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const wrong = problemOf(draft, 'EUR');
    setProblem(wrong === null ? null : { field: wrong.field, text: t(wrong.text) });
    if (wrong !== null) return;
    const codes = card.trim() === '' ? {} : { codes: [{ code: card.trim(), kind: 'card' as const }] };
    create.mutate(
      { fields: { ...newFields(draft), ...codes }, key },
      {
        onSuccess: ({ value }) => {
          notify({ color: 'green', message: t('create.created', { name: value.name }) });
          onCreated(value);
        },
        onError: (error) => {
          if (!(error instanceof ApiError)) return;
          setKey(crypto.randomUUID());
          if (error.problem.field !== undefined) setProblem({ field: error.problem.field, text: errorText(error) });
        },
      },
    );
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <MemberFieldset draft={draft} onChange={setDraft} problem={problem} isNew manager={false} />
        <TextInput
          label={t('field.card')}
          description={t('field.cardHint')}
          leftSection={<IconBarcode size={18} aria-hidden />}
          value={card}
          data-takes-scans
          error={problem?.field === 'codes' ? problem.text : null}
          onChange={(event) => setCard(event.currentTarget.value)}
          // A scanner's Enter ends the code, not the form.
          onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
        />
        {create.error !== null && problem === null && (
          <Alert color="red" role="alert">
            {errorText(create.error)}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t('create.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
