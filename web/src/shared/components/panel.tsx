/** A titled card of the page: a region that a screen reader can jump to. */
import { Group, Paper, type PaperProps, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';

interface Props extends PaperProps {
  title: string;
  /** Beside the title, at the right. */
  side?: ReactNode;
  children: ReactNode;
}

export function Panel({ title, side, children, ...paper }: Props) {
  const id = useId();
  return (
    <Paper component="section" aria-labelledby={id} p="md" {...paper}>
      <Group justify="space-between" mb="sm" gap="xs" wrap="wrap">
        <Title order={2} size="h5" id={id}>
          {title}
        </Title>
        {side}
      </Group>
      {children}
    </Paper>
  );
}
