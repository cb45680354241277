/** The big answer: who, yes or no, and why, to be read across the counter. Colour, word and icon say the same. */
import { ActionIcon, Button, Group, Text, VisuallyHidden } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconCheck,
  IconClockPause,
  IconDoorExit,
  IconHandStop,
  IconRefresh,
  IconScan,
  IconX,
} from '@tabler/icons-react';
import { useConnection } from '@footfall/realtime/react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useCodeText } from '@/shared/error-text.ts';
import { MemberAvatar } from '@/shared/components/member-avatar.tsx';
import { type Answer, type Direction, memberOf, type Subject, type Tone, toneOf, type Word, wordOf } from '../answer.ts';
import { subjectName } from '../use-desk.tsx';
import { AnswerDetails } from './answer-details.tsx';
import classes from './answer-panel.module.css';
import { GuestForm } from './guest-form.tsx';
import { OverrideForm } from './override-form.tsx';

export interface AnswerActions {
  submit: (direction: Direction, subject: Subject, override?: { reason: string }) => void;
  undo: (visit: number, name: string) => void;
  undoing: boolean;
  withdraw: (id: string) => void;
  dismiss: () => void;
}

interface Props {
  answer: Answer | null;
  timeZone: string;
  memberHref: (id: number) => string;
  actions: AnswerActions;
}

const icons: Record<Tone, typeof IconCheck> = { green: IconCheck, yellow: IconAlertTriangle, red: IconHandStop, blue: IconDoorExit, gray: IconClockPause };

export function AnswerPanel({ answer, ...rest }: Props) {
  return (
    <>
      <Spoken answer={answer} />
      {answer === null ? <Ready /> : <Shown answer={answer} {...rest} />}
    </>
  );
}

/** For screen readers: at once for a «no», in turn for the rest. These stand there always, since a region that appears is not read. */
function Spoken({ answer }: { answer: Answer | null }) {
  const { t } = useTranslation('checkIn');
  const codeText = useCodeText();
  const live = useConnection().name === 'live';
  const refused = answer?.kind === 'refused' ? `: ${codeText(answer.code, answer.sentence)}` : '';
  const words = answer === null ? '' : `${t(`word.${wordOf(answer, live)}`)} ${nameOf(answer, (tail) => t('unknownCode', { tail }))}${refused}`;
  const assertive = answer !== null && toneOf(answer) === 'red';
  return (
    <>
      <VisuallyHidden role="status">{assertive ? '' : words}</VisuallyHidden>
      <VisuallyHidden role="alert">{assertive ? words : ''}</VisuallyHidden>
    </>
  );
}

function Shown({ answer, timeZone, memberHref, actions }: Props & { answer: Answer }) {
  const { t } = useTranslation('checkIn');
  const live = useConnection().name === 'live';
  const tone = toneOf(answer);
  const word = wordOf(answer, live);
  const member = memberOf(answer);
  const name = nameOf(answer, (tail) => t('unknownCode', { tail }));
  const photo = member?.photo_url ?? (answer.kind === 'pending' && answer.subject.kind === 'member' ? answer.subject.photoUrl : null);
  const Icon = word === 'repeated' ? IconRefresh : icons[tone];
  return (
    <section className={classes.answer} data-tone={tone} aria-label={t('panel')} key={keyOf(answer)}>
      <MemberAvatar name={isPerson(answer) ? name : null} photoUrl={photo} size={216} radius="lg" className={classes.face} />
      <div className={classes.text}>
        <p className={classes.word}>
          <Icon size={34} stroke={2.6} aria-hidden />
          {t(`word.${word}`)}
        </p>
        <p className={classes.name}>{name}</p>
        <AnswerDetails answer={answer} live={live} timeZone={timeZone} />
        <Actions answer={answer} word={word} name={name} memberHref={member === null ? null : memberHref(member.id)} actions={actions} />
      </div>
      <ActionIcon className={classes.dismiss} variant="transparent" size="lg" aria-label={t('dismiss')} onClick={actions.dismiss}>
        <IconX aria-hidden />
      </ActionIcon>
    </section>
  );
}

function Ready() {
  const { t } = useTranslation('checkIn');
  return (
    <section className={classes.ready} aria-label={t('panel')}>
      <IconScan size={56} stroke={1.4} aria-hidden />
      <p className={classes.readyTitle}>{t('ready.title')}</p>
      <Text c="dimmed">{t('ready.text')}</Text>
      <Text size="xs" c="dimmed" mt="xs" visibleFrom="sm">
        {t('ready.keys')}
      </Text>
    </section>
  );
}

interface ActionsProps {
  answer: Answer;
  word: Word;
  name: string;
  memberHref: string | null;
  actions: AnswerActions;
}

function Actions({ answer, word, name, memberHref, actions }: ActionsProps) {
  const { t } = useTranslation('checkIn');
  return (
    <Group gap="xs" mt="sm" className={classes.actions}>
      {answer.kind === 'pending' && word === 'waiting' && (
        <Button variant="white" color="dark" onClick={() => actions.withdraw(answer.id)}>
          {t('withdraw')}
        </Button>
      )}
      {answer.kind === 'let_in' && !answer.success.repeated && (
        <Button
          variant="white"
          color="dark"
          loading={actions.undoing}
          leftSection={<IconArrowBackUp size={18} aria-hidden />}
          onClick={() => actions.undo(answer.success.visit_id, name)}
        >
          {t('undo')}
        </Button>
      )}
      {answer.kind === 'let_in' && answer.success.member.status !== 'guest' && (
        <GuestForm key={`guest ${keyOf(answer)}`} host={name} onSubmit={(guest) => actions.submit('in', { kind: 'guest', name: guest, of: answer.success.member.id })} />
      )}
      {answer.kind === 'refused' && answer.code === 'already_checked_in' && (
        <Button variant="white" color="dark" leftSection={<IconDoorExit size={18} aria-hidden />} onClick={() => actions.submit('out', subjectOf(answer))}>
          {t('checkOut')}
        </Button>
      )}
      {answer.kind === 'refused' && answer.direction === 'in' && answer.canOverride && answer.code !== 'member_not_found' && (
        <OverrideForm
          key={keyOf(answer)}
          name={name}
          label={t(answer.code === 'already_checked_in' ? 'override.newVisit' : 'override.open')}
          onSubmit={(reason) => actions.submit('in', subjectOf(answer), { reason })}
        />
      )}
      {memberHref !== null && (
        <Button component={Link} to={memberHref} variant="transparent" px="xs" className={classes.link}>
          {t('member')}
        </Button>
      )}
    </Group>
  );
}

/** Whoever was refused by a card is known by now; the override is for that member. */
function subjectOf(answer: Extract<Answer, { kind: 'refused' }>): Subject {
  const { member, subject } = answer;
  return member === null ? subject : { kind: 'member', id: member.id, name: member.name, photoUrl: member.photo_url };
}

function nameOf(answer: Answer, unknown: (tail: string) => string): string {
  const member = memberOf(answer);
  if (member !== null) return member.name;
  return answer.kind === 'pending' || answer.kind === 'refused' ? subjectName(answer, unknown) : '';
}

/** Nobody is known yet, or ever, by a code alone. */
const isPerson = (answer: Answer): boolean => memberOf(answer) !== null || ('subject' in answer && answer.subject.kind !== 'code');

function keyOf(answer: Answer): string {
  switch (answer.kind) {
    case 'pending':
      return answer.id;
    case 'let_in':
    case 'let_out':
      return `${answer.kind} ${answer.success.visit_id} ${answer.success.seq}`;
    case 'refused':
      return `${answer.code} ${answer.member?.id ?? ''}`;
  }
}

