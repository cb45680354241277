/** Email, password, one button. What went wrong is said beside the form, and the typed email stays. */
import { Alert, Box, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconInfoCircle, IconLogin2 } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/api/http.ts';
import type { SessionStore } from '@/api/session-store.ts';
import { Logo } from '@/shared/components/logo.tsx';
import { useErrorText } from '@/shared/error-text.ts';
import classes from './sign-in-page.module.css';

interface Props {
  store: SessionStore;
  reason: 'none' | 'expired' | 'signedOut';
}

export function SignInPage({ store, reason }: Props) {
  const { t } = useTranslation('session');
  return (
    <Center component="main" className={classes.page} px="md">
      <Box w="100%" maw={400}>
        <Stack align="center" gap="xs" mb="xl">
          <Logo size={52} />
          <Title order={1} size="h2">
            {t('title')}
          </Title>
          <Text c="dimmed" ta="center">
            {t('welcome')}
          </Text>
        </Stack>
        <Paper p="xl" shadow="sm">
          {reason !== 'none' && (
            <Alert color="blue" mb="md" icon={<IconInfoCircle aria-hidden />} role="status">
              {t(reason)}
            </Alert>
          )}
          <SignInForm store={store} />
        </Paper>
      </Box>
    </Center>
  );
}

function SignInForm({ store }: { store: SessionStore }) {
  const { t } = useTranslation('session');
  const signIn = useMutation({ mutationFn: (form: FormData) => store.signIn(field(form, 'email').trim(), field(form, 'password')) });
  const failure = useFailureText(signIn.error);
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    signIn.mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label={t('email')} name="email" type="email" autoComplete="username" required withAsterisk={false} autoFocus size="md" />
        <PasswordInput label={t('password')} name="password" autoComplete="current-password" required withAsterisk={false} size="md" />
        {failure !== null && (
          <Alert color="red" role="alert">
            {failure}
          </Alert>
        )}
        <Button type="submit" size="md" mt="xs" loading={signIn.isPending} leftSection={<IconLogin2 size={20} aria-hidden />}>
          {t('submit')}
        </Button>
      </Stack>
    </form>
  );
}

function useFailureText(error: unknown): string | null {
  const { t } = useTranslation('session');
  const text = useErrorText();
  if (error === null) return null;
  if (error instanceof ApiError && error.code === 'unauthenticated') return t('wrong');
  if (error instanceof ApiError && error.code === 'rate_limited') {
    return t('tooMany', { seconds: Math.ceil((error.problem.retry_after_ms ?? 30_000) / 1000) });
  }
  return text(error);
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}
