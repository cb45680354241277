/** What a panel shows while its data is not there: loading, an error with a way on, or nothing found. */
import { Alert, Button, Center, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useErrorText } from '@/shared/error-text.ts';

interface Props<Data> {
  query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'isPending'> & { refetch: () => unknown };
  /** Rows of the skeleton. */
  rows?: number;
  children: (data: Data) => ReactNode;
}

export function QueryGate<Data>({ query, rows = 3, children }: Props<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading rows={rows} />;
}

export function Loading({ rows }: { rows: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" role="status" aria-label={t('loading')}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={36} radius="md" />
      ))}
    </Stack>
  );
}

export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const text = useErrorText();
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} role="alert">
      <Stack gap="sm" align="start">
        {text(error)}
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {t('retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export function Empty({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <Center mih={120}>
      <Stack align="center" gap={6} c="dimmed">
        {icon}
        <Text size="sm" ta="center">
          {children}
        </Text>
      </Stack>
    </Center>
  );
}
