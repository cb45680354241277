/** The desk of this page's location, for components. */
import { notify } from '@/shared/notify.ts';
import { useFootfall, useListener } from '@footfall/realtime/react';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useCodeText } from '@/shared/error-text.ts';
import { type Answer, memberOf, refusal } from './answer.ts';
import { createDesk, type Desk, isOwnRequest } from './desk.ts';

export function useDesk(slug: string): Desk {
  const client = useFootfall();
  const cache = useQueryClient();
  const tellMissed = useMissedNotice();
  return useMemo(() => createDesk({ client, cache, slug, onMissed: tellMissed }), [client, cache, slug, tellMissed]);
}

/** Whoever was let in meanwhile stands in the feed; whoever was not must not slip by. */
/** Check-ins that an earlier page left waiting, answered only now: whoever was refused is told of. */
export function useLateAnswers(): void {
  const tellMissed = useMissedNotice();
  useListener('answer', (answer) => {
    const { id, type, payload } = answer.request;
    if (isOwnRequest(id) || !('error' in answer) || (type !== 'check_in' && type !== 'check_out')) return;
    const { code } = payload;
    tellMissed(refusal(type === 'check_in' ? 'in' : 'out', { kind: 'code', code: typeof code === 'string' ? code : '' }, answer.error));
  });
}

function useMissedNotice(): (answer: Answer) => void {
  const { t } = useTranslation('checkIn');
  const codeText = useCodeText();
  return useMemo(
    () => (answer: Answer) => {
      if (answer.kind !== 'refused') return;
      const name = memberOf(answer)?.name ?? subjectName(answer, (tail) => t('unknownCode', { tail }));
      notify({ color: 'red', message: t('missed', { name, reason: codeText(answer.code, answer.sentence) }), autoClose: false });
    },
    [t, codeText],
  );
}

export function subjectName(answer: Extract<Answer, { kind: 'refused' | 'pending' }>, unknown: (tail: string) => string): string {
  return answer.subject.kind === 'code' ? unknown(answer.subject.code.slice(-4)) : answer.subject.name;
}
