/** Which house this desk stands in. A menu to filter by typing once there are many. */
import { Button, Combobox, ScrollArea, Text, useCombobox } from '@mantine/core';
import { IconBuilding, IconCheck, IconSelector } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Location } from '@/api/schemas.ts';
import { folded } from '@/shared/fold.ts';
import classes from './location-switcher.module.css';

interface Props {
  locations: Location[];
  current: Location;
  onSwitch: (slug: string) => void;
}

const manyLocations = 8;

export function LocationSwitcher({ locations, current, onSwitch }: Props) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const combobox = useCombobox({ onDropdownClose: () => setSearch('') });
  const shown = locations.filter(({ name, slug }) => folded(`${name} ${slug}`).includes(folded(search)));
  if (locations.length === 1) {
    return (
      <Text fw={600} size="sm" truncate className={classes.name}>
        {current.name}
      </Text>
    );
  }
  return (
    <Combobox
      store={combobox}
      width={280}
      position="bottom-start"
      withinPortal={false}
      onOptionSubmit={(slug) => {
        combobox.closeDropdown();
        onSwitch(slug);
      }}
    >
      <Combobox.Target targetType="button">
        <Button
          variant="default"
          size="sm"
          px="xs"
          leftSection={<IconBuilding size={18} aria-hidden className={classes.icon} />}
          rightSection={<IconSelector size={16} aria-hidden />}
          onClick={() => combobox.toggleDropdown()}
          aria-label={t('location.switch', { name: current.name })}
          classNames={{ label: classes.name }}
        >
          {current.name}
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        {locations.length > manyLocations && (
          <Combobox.Search value={search} onChange={(event) => setSearch(event.currentTarget.value)} aria-label={t('location.label')} />
        )}
        <Combobox.Options aria-label={t('location.label')}>
          <ScrollArea.Autosize mah={320} type="auto">
            {shown.map(({ slug, name }) => (
              <Combobox.Option key={slug} value={slug} active={slug === current.slug} className={classes.option}>
                <span>{name}</span>
                {slug === current.slug && <IconCheck size={16} aria-hidden />}
              </Combobox.Option>
            ))}
          </ScrollArea.Autosize>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
