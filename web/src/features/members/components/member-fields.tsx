/** The fields of a member, for creating and for editing. */
import { SimpleGrid, Switch, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Draft } from '../member-form.ts';

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  /** The one field that is wrong, and why. */
  problem: { field: string; text: string } | null;
  isNew: boolean;
  /** Bans and balances are a manager's. */
  manager: boolean;
}

export function MemberFieldset({ draft, onChange, problem, isNew, manager }: Props) {
  const { t } = useTranslation('members');
  const text = (field: Exclude<keyof Draft, 'banned'>) => ({
    label: t(`field.${field}`),
    value: draft[field],
    error: problem?.field === field || (field === 'balance' && problem?.field === 'balance_minor') ? problem.text : null,
    onChange: (event: { currentTarget: { value: string } }) => onChange({ ...draft, [field]: event.currentTarget.value }),
  });
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <TextInput {...text('first_name')} autoComplete="off" data-autofocus={isNew || undefined} />
      <TextInput {...text('last_name')} autoComplete="off" />
      <TextInput {...text('email')} type="email" autoComplete="off" />
      <TextInput {...text('phone')} type="tel" autoComplete="off" />
      <TextInput {...text('born')} type="date" />
      <TextInput {...text('number')} autoComplete="off" description={isNew ? t('field.numberHint') : undefined} inputWrapperOrder={['label', 'input', 'description', 'error']} />
      <Textarea {...text('notes')} autosize minRows={2} maxRows={6} style={{ gridColumn: '1 / -1' }} />
      {manager && !isNew && (
        <>
          <TextInput {...text('balance')} inputMode="decimal" description={t('field.balanceHint')} inputWrapperOrder={['label', 'input', 'description', 'error']} />
          <Switch
            label={t('field.banned')}
            color="red"
            checked={draft.banned}
            onChange={(event) => onChange({ ...draft, banned: event.currentTarget.checked })}
            mt={{ xs: 30 }}
          />
        </>
      )}
    </SimpleGrid>
  );
}
