/** Who comes along: a name, and in. They are kept by it for the next time, as this member's guest. */
import { Button, Popover, Stack, Text, TextInput } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  host: string;
  onSubmit: (name: string) => void;
}

const nameLengthMax = 100;

export function GuestForm({ host, onSubmit }: Props) {
  const { t } = useTranslation('checkIn');
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    setOpen(false);
    onSubmit(name.trim());
  };
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-start" width={360} shadow="lg" withinPortal={false}>
      <Popover.Target>
        <Button variant="white" color="dark" leftSection={<IconUserPlus size={18} aria-hidden />} onClick={() => setOpen(!open)}>
          {t('guest.open')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 2rem)">
        <form onSubmit={submit}>
          <Stack gap="sm">
            <Text fw={600}>{t('guest.title', { host })}</Text>
            <TextInput label={t('guest.name')} value={name} maxLength={nameLengthMax} required withAsterisk={false} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
            <Button type="submit" disabled={name.trim() === ''}>
              {t('guest.submit')}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
