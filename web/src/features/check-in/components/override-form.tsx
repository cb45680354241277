/** A reason, then in. The usual ones are one press; the audit log keeps whatever was given. */
import { Button, Chip, Group, Popover, Stack, Text, TextInput } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  name: string;
  label: string;
  onSubmit: (reason: string) => void;
}

const quick = ['paid', 'renewing', 'manager', 'forgot'] as const;
const reasonLengthMax = 200;

export function OverrideForm({ name, label, onSubmit }: Props) {
  const { t } = useTranslation('checkIn');
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (reason.trim() === '') return;
    setOpen(false);
    onSubmit(reason.trim());
  };
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-start" width={360} shadow="lg" withinPortal={false}>
      <Popover.Target>
        <Button variant="white" color="dark" leftSection={<IconShieldCheck size={18} aria-hidden />} onClick={() => setOpen(!open)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 2rem)">
        <form onSubmit={submit}>
          <Stack gap="sm">
            <Text fw={600}>{t('override.title', { name })}</Text>
            <Group gap={6}>
              {quick.map((key) => (
                <Chip key={key} checked={reason === t(`override.quick.${key}`)} onChange={() => setReason(t(`override.quick.${key}`))} size="sm">
                  {t(`override.quick.${key}`)}
                </Chip>
              ))}
            </Group>
            <TextInput
              label={t('override.reason')}
              description={t('override.hint')}
              value={reason}
              maxLength={reasonLengthMax}
              required
              withAsterisk={false}
              data-autofocus
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Button type="submit" disabled={reason.trim() === ''}>
              {t('override.submit')}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
