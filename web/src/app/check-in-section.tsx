/** The box and the big answer, wired to the desk. */
import { Alert, Stack } from '@mantine/core';
import { notify } from '@/shared/notify.ts';
import { IconEye } from '@tabler/icons-react';
import { useEffect, useEffectEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { paths } from './paths.ts';
import { useScanMode } from './scan-mode.ts';
import type { Location } from '@/api/schemas.ts';
import { AnswerPanel } from '@/features/check-in/components/answer-panel.tsx';
import { ScanBox } from '@/features/check-in/components/scan-box.tsx';
import { useAnswer, useUndo } from '@/features/check-in/queries.ts';
import { useDesk } from '@/features/check-in/use-desk.tsx';
import { useUser } from '@/shared/client.tsx';
import { useErrorText } from '@/shared/error-text.ts';
import { mayCheckIn } from '@/shared/roles.ts';

export function CheckInSection({ location }: { location: Location }) {
  const { t } = useTranslation('checkIn');
  const user = useUser();
  if (!mayCheckIn(user.role)) {
    return (
      <Alert color="blue" icon={<IconEye aria-hidden />}>
        {t('viewer')}
      </Alert>
    );
  }
  return <CheckIn location={location} />;
}

function CheckIn({ location }: { location: Location }) {
  const { t } = useTranslation('checkIn');
  const { slug, timezone } = location;
  const desk = useDesk(slug);
  const answer = useAnswer(slug);
  const undo = useUndo(slug);
  const errorText = useErrorText();
  const [mode, setMode] = useScanMode(slug);
  const box = useRef<HTMLInputElement>(null);
  const focusBox = () => box.current?.focus();
  useSlashKey(focusBox);

  const submit: typeof desk.submit = (direction, subject, override) => {
    focusBox();
    return desk.submit(direction, subject, override);
  };
  return (
    <Stack gap="md">
      <ScanBox
        slug={slug}
        timeZone={timezone}
        mode={mode}
        onMode={setMode}
        onSubmit={(direction, subject) => void submit(direction, subject)}
        onEscape={() => desk.show(null)}
        inputRef={box}
      />
      <AnswerPanel
        answer={answer}
        timeZone={timezone}
        memberHref={(id) => paths.member(slug, id)}
        actions={{
          submit: (direction, subject, override) => void submit(direction, subject, override),
          undo: (visit, name) =>
            undo.mutate(visit, {
              onSuccess: () => {
                notify({ color: 'blue', message: t('undone', { name }) });
                focusBox();
              },
              onError: (error) => notify({ color: 'red', message: errorText(error) }),
            }),
          undoing: undo.isPending,
          withdraw: (id) => {
            if (desk.withdraw(id)) notify({ color: 'blue', message: t('withdrawn') });
            focusBox();
          },
          dismiss: () => {
            desk.show(null);
            focusBox();
          },
        }}
      />
    </Stack>
  );
}

/** «/» goes to the box, as in every search; not while somebody types. */
function useSlashKey(go: () => void): void {
  const onSlash = useEffectEvent(go);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const typing = document.activeElement instanceof HTMLInputElement || document.activeElement instanceof HTMLTextAreaElement;
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      onSlash();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}
