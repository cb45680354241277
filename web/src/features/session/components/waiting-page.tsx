/** Before it is known who is there: opening, or a server that does not answer. */
import { Center, Loader, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Logo } from '@/shared/components/logo.tsx';

export function WaitingPage({ unreachable }: { unreachable: boolean }) {
  const { t } = useTranslation('session');
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack align="center" role="status" gap="xs">
        <Logo size={52} />
        {unreachable ? (
          <>
            <Title order={1} size="h3">
              {t('unreachable.title')}
            </Title>
            <Text c="dimmed" ta="center">
              {t('unreachable.text')}
            </Text>
          </>
        ) : (
          <Text c="dimmed">{t('starting')}</Text>
        )}
        <Loader type="dots" mt="xs" />
      </Stack>
    </Center>
  );
}
