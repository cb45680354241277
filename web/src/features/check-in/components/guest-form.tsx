/** Who comes along: a name, and in. They are kept by it for the next time, as this member's guest. */
import { IconUserPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { AskForm } from './ask-form.tsx';

interface Props {
  host: string;
  onSubmit: (name: string) => void;
}

const nameLengthMax = 100;

export function GuestForm({ host, onSubmit }: Props) {
  const { t } = useTranslation('checkIn');
  return (
    <AskForm
      label={t('guest.open')}
      icon={<IconUserPlus size={18} aria-hidden />}
      title={t('guest.title', { host })}
      field={t('guest.name')}
      submitLabel={t('guest.submit')}
      lengthMax={nameLengthMax}
      onSubmit={onSubmit}
    />
  );
}
