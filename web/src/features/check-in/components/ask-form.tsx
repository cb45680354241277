/** A button on the answer, and the form that it opens: one text, and on with it. */
import { Button, Popover, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, type SyntheticEvent, useState } from 'react';

interface Props {
  label: string;
  icon: ReactNode;
  title: string;
  field: string;
  description?: string;
  submitLabel: string;
  lengthMax: number;
  onSubmit: (text: string) => void;
  /** What may be chosen instead of typing. */
  choices?: (text: string, choose: (text: string) => void) => ReactNode;
}

export function AskForm({ label, icon, title, field, description, submitLabel, lengthMax, onSubmit, choices }: Props) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    setOpen(false);
    onSubmit(text.trim());
  };
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-start" width={360} shadow="lg" withinPortal={false}>
      <Popover.Target>
        <Button variant="white" color="dark" leftSection={icon} onClick={() => setOpen(!open)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 2rem)">
        <form onSubmit={submit}>
          <Stack gap="sm">
            <Text fw={600}>{title}</Text>
            {choices?.(text, setText)}
            <TextInput
              label={field}
              description={description}
              value={text}
              maxLength={lengthMax}
              required
              withAsterisk={false}
              data-autofocus
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Button type="submit" disabled={text.trim() === ''}>
              {submitLabel}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
