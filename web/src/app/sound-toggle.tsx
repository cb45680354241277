import { ActionIcon, Tooltip } from '@mantine/core';
import { IconVolume, IconVolumeOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { setMuted, useMuted } from '@/features/check-in/muted.ts';

export function SoundToggle() {
  const { t } = useTranslation();
  const muted = useMuted();
  const label = t(muted ? 'sound.off' : 'sound.on');
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={36} radius="xl" aria-label={label} onClick={() => setMuted(!muted)}>
        {muted ? <IconVolumeOff size={18} aria-hidden /> : <IconVolume size={18} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}
