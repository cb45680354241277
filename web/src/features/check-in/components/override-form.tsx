/** A reason, then in. The usual ones are one press; the audit log keeps whatever was given. */
import { Chip, Group } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { AskForm } from './ask-form.tsx';

interface Props {
  name: string;
  label: string;
  onSubmit: (reason: string) => void;
}

const quick = ['paid', 'renewing', 'manager', 'forgot'] as const;
const reasonLengthMax = 200;

export function OverrideForm({ name, label, onSubmit }: Props) {
  const { t } = useTranslation('checkIn');
  return (
    <AskForm
      label={label}
      icon={<IconShieldCheck size={18} aria-hidden />}
      title={t('override.title', { name })}
      field={t('override.reason')}
      description={t('override.hint')}
      submitLabel={t('override.submit')}
      lengthMax={reasonLengthMax}
      onSubmit={onSubmit}
      choices={(reason, choose) => (
        <Group gap={6}>
          {quick.map((key) => (
            <Chip key={key} checked={reason === t(`override.quick.${key}`)} onChange={() => choose(t(`override.quick.${key}`))} size="sm">
              {t(`override.quick.${key}`)}
            </Chip>
          ))}
        </Group>
      )}
    />
  );
}
