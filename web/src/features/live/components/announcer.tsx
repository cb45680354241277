/** Tells a screen reader what the feed shows: arrivals in turn, summed up when busy; a refusal at once. */
import { VisuallyHidden } from '@mantine/core';
import type { LiveEvent } from '@footfall/realtime';
import { useEvents } from '@footfall/realtime/react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCodeText } from '@/shared/error-text.ts';
import { announcement } from '../announcement.ts';
import { nameOf } from './feed-row.tsx';

const gather_ms = 1500;

export function Announcer({ slug }: { slug: string }) {
  const { t } = useTranslation('live');
  const codeText = useCodeText();
  const [polite, setPolite] = useState('');
  const [assertive, setAssertive] = useState('');
  const gathered = useRef<LiveEvent[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
  useEvents((event) => {
    if (event.type === 'check_in_denied') {
      setAssertive(t('announce.refused', { name: nameOf(event, t), reason: codeText(event.payload.code) }));
      return;
    }
    gathered.current.push(event);
    timer.current ??= setTimeout(() => {
      timer.current = null;
      setPolite(announcement(gathered.current.splice(0), t));
    }, gather_ms);
  }, slug);
  return (
    <>
      <VisuallyHidden role="log" aria-live="polite">
        {polite}
      </VisuallyHidden>
      <VisuallyHidden aria-live="assertive">{assertive}</VisuallyHidden>
    </>
  );
}
