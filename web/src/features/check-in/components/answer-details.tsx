/** Why, and what the desk should know of this member now. */
import { Badge, Group } from '@mantine/core';
import { IconAlertTriangle, IconCake, IconSparkles } from '@tabler/icons-react';
import type { Note } from '@footfall/realtime';
import { useTranslation } from 'react-i18next';
import type { Member } from '@/api/schemas.ts';
import words from '@/locales/en/check-in.json';
import { useCodeText } from '@/shared/error-text.ts';
import { type Format, useFormat } from '@/shared/format.ts';
import { type Answer, memberOf } from '../answer.ts';
import { useMemberDetails } from '../queries.ts';
import classes from './answer-panel.module.css';

interface Props {
  answer: Answer;
  live: boolean;
  timeZone: string;
}

export function AnswerDetails({ answer, live, timeZone }: Props) {
  const { data: member } = useMemberDetails(memberOf(answer)?.id ?? null);
  const reason = useReason(answer, member, live, timeZone);
  const standing = useStanding(member, timeZone);
  return (
    <>
      {reason.length > 0 && <p className={classes.reason}>{reason.join(' · ')}</p>}
      {answer.kind === 'let_in' && <Notes warnings={answer.success.warnings} greetings={answer.success.greetings} />}
      {standing.length > 0 && <p className={classes.standing}>{standing.join(' · ')}</p>}
      {member?.notes && <p className={classes.note}>{member.notes}</p>}
    </>
  );
}

function useReason(answer: Answer, member: Member | undefined, live: boolean, timeZone: string): string[] {
  const { t } = useTranslation('checkIn');
  const codeText = useCodeText();
  const format = useFormat(timeZone);
  switch (answer.kind) {
    case 'pending':
      return live ? [] : [t('waitingText')];
    case 'let_in':
      return answer.success.repeated ? [t('repeatedText')] : [];
    case 'let_out':
      return [t('stayed', { length: format.length(answer.success.duration_seconds) })];
    case 'refused':
      // «Already inside» stands above in large; since when is what helps.
      if (answer.code === 'already_checked_in') return member?.open_visit ? [t('inside', { time: format.time(member.open_visit.checked_in_at) })] : [];
      if (answer.code === 'not_checked_in') return [];
      return [codeText(answer.code, answer.sentence)];
  }
}

function useStanding(member: Member | undefined, timeZone: string): string[] {
  const { t } = useTranslation('checkIn');
  const format = useFormat(timeZone);
  if (member === undefined) return [];
  const { membership } = member;
  return [
    membership === null ? null : validity(membership, format),
    membership === null || membership.visits_left === null ? null : t('visitsLeft', { count: membership.visits_left }),
    member.balance_minor < 0 ? t('owes', { amount: format.money(-member.balance_minor, member.currency) }) : null,
  ].filter((part) => part !== null);

  function validity({ plan, ends }: NonNullable<Member['membership']>, { day }: Format): string {
    return ends === null ? t('noEnd', { plan }) : t('until', { plan, date: day(ends) });
  }
}

function Notes({ warnings, greetings }: { warnings: Note[]; greetings: Note[] }) {
  const { t } = useTranslation('checkIn');
  const codeText = useCodeText();
  const greeting = ({ code, message }: Note) => (isGreeting(code) ? t(`greeting.${code}`) : message);
  if (warnings.length + greetings.length === 0) return null;
  return (
    <Group gap="xs" mt={6}>
      {warnings.map((note) => (
        <Badge key={note.code} size="lg" variant="white" color="dark" tt="none" leftSection={<IconAlertTriangle size={16} aria-hidden />}>
          {codeText(note.code, note.message)}
        </Badge>
      ))}
      {greetings.map((note) => (
        <Badge
          key={note.code}
          size="lg"
          variant="white"
          color="dark"
          tt="none"
          leftSection={note.code === 'birthday' ? <IconCake size={16} aria-hidden /> : <IconSparkles size={16} aria-hidden />}
        >
          {greeting(note)}
        </Badge>
      ))}
    </Group>
  );
}

const isGreeting = (code: string): code is keyof typeof words.greeting => Object.hasOwn(words.greeting, code);
