/** The connection, always in sight: a word and an icon beside the colour; a press tells more and tries again. */
import { Button, Popover, Stack, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconBolt, IconBoltOff, IconPlugConnectedX, IconRefresh, IconWifiOff } from '@tabler/icons-react';
import { useConnection, useFootfall, useOnline, useWaiting } from '@footfall/realtime/react';
import { useTranslation } from 'react-i18next';
import { useNow } from '@/shared/now.ts';
import { type ConnectionWord, lookOf } from '../connection-look.ts';
import classes from './connection-badge.module.css';

const icons: Record<ConnectionWord, typeof IconBolt> = {
  live: IconBolt,
  connecting: IconRefresh,
  reconnecting: IconRefresh,
  reconnectingNow: IconRefresh,
  offline: IconWifiOff,
  restarting: IconBoltOff,
  stopped: IconPlugConnectedX,
};

export function ConnectionBadge() {
  const { t } = useTranslation('live');
  const state = useConnection();
  const online = useOnline();
  const { word, color, seconds } = lookOf(state, online, useNow(500));
  const text = t(`connection.${word}`, { seconds: seconds ?? 0 });
  const Icon = icons[word];
  return (
    <Popover width={320} position="bottom-end" shadow="lg" withArrow withinPortal={false}>
      <Popover.Target>
        <UnstyledButton className={classes.badge} data-color={color} aria-label={t('connection.details', { state: text })}>
          <Icon size={16} aria-hidden />
          <span className={classes.text}>{text}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Details word={word} code={state.code} />
      </Popover.Dropdown>
      {/* The countdown is for eyes alone. */}
      <VisuallyHidden role="status">{word === 'reconnecting' ? t('connection.reconnectingNow') : text}</VisuallyHidden>
    </Popover>
  );
}

function Details({ word, code }: { word: ConnectionWord; code: number | null }) {
  const { t } = useTranslation('live');
  const client = useFootfall();
  const waiting = useWaiting().length;
  return (
    <Stack gap="sm">
      <Text size="sm">{explanation()}</Text>
      {waiting > 0 && (
        <Text size="sm" fw={600}>
          {t('connection.waiting', { count: waiting })}
        </Text>
      )}
      {word === 'stopped' ? (
        <Button size="xs" onClick={() => window.location.reload()}>
          {t('connection.reload')}
        </Button>
      ) : (
        word !== 'live' && (
          <Button size="xs" onClick={() => client.hurry()}>
            {t('connection.now')}
          </Button>
        )
      )}
    </Stack>
  );

  function explanation(): string {
    switch (word) {
      case 'live':
        return t('connection.explain.live');
      case 'offline':
        return t('connection.explain.offline');
      case 'stopped':
        return code === 4406 ? t('connection.explain.outdated') : t('connection.explain.stopped', { code: code ?? '–' });
      case 'connecting':
      case 'reconnecting':
      case 'reconnectingNow':
      case 'restarting':
        return t('connection.explain.away');
    }
  }
}
