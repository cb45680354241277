/** A scan checks in on every page. Away from the desk its answer comes as a notice, so that nobody's half-written form is lost. */
import { notify } from '@/shared/notify.ts';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import { paths } from './paths.ts';
import { useScanMode } from './scan-mode.ts';
import type { Location } from '@/api/schemas.ts';
import { type Answer, memberOf, toneOf, wordOf } from '@/features/check-in/answer.ts';
import { useAnswer } from '@/features/check-in/queries.ts';
import { subjectName, useDesk, useLateAnswers } from '@/features/check-in/use-desk.tsx';
import { useScanner } from '@/features/check-in/use-scanner.ts';
import { useCodeText } from '@/shared/error-text.ts';

export function ScanEverywhere({ location }: { location: Location }) {
  const desk = useDesk(location.slug);
  const [mode] = useScanMode(location.slug);
  useScanner((code) => void desk.submit(mode, { kind: 'code', code }));
  useAnswerNotice(location.slug);
  useLateAnswers();
  return null;
}

function useAnswerNotice(slug: string): void {
  const { t } = useTranslation('checkIn');
  const codeText = useCodeText();
  const answer = useAnswer(slug);
  const atDesk = useLocation().pathname === paths.desk(slug);
  const told = useRef<Answer | null>(answer);
  useEffect(() => {
    if (answer === null || answer === told.current) return;
    told.current = answer;
    if (atDesk || answer.kind === 'pending') return;
    const name = memberOf(answer)?.name ?? (answer.kind === 'refused' ? subjectName(answer, (tail) => t('unknownCode', { tail })) : '');
    notify({
      color: toneOf(answer),
      title: `${t(`word.${wordOf(answer, true)}`)}: ${name}`,
      message: answer.kind === 'refused' ? codeText(answer.code, answer.sentence) : '',
      autoClose: toneOf(answer) === 'red' ? false : 5000,
    });
  }, [answer, atDesk, codeText, t]);
}
