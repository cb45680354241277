/** One box for everything: a name, a number, a phone, a card. The best match is chosen already; Enter lets in, or out whoever is inside. */
import { Combobox, Group, Loader, SegmentedControl, Stack, Text, TextInput, useCombobox, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { type KeyboardEvent, type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '@/api/schemas.ts';
import type { Direction, Subject } from '../answer.ts';
import { useMemberSearch } from '../queries.ts';
import { MatchOption } from './match-option.tsx';
import classes from './scan-box.module.css';

interface Props {
  slug: string;
  timeZone: string;
  mode: Direction;
  onMode: (mode: Direction) => void;
  onSubmit: (direction: Direction, subject: Subject) => void;
  onEscape: () => void;
  inputRef: RefObject<HTMLInputElement | null>;
}

/** Long enough not to ask for every letter, short enough not to be felt. */
const pause_ms = 120;

/** What nobody has as a name: then Enter takes it as a card that was typed. */
const looksLikeCode = (text: string) => /^[\w-]{4,}$/.test(text) && /\d/.test(text);

export function ScanBox({ slug, timeZone, mode, onMode, onSubmit, onEscape, inputRef }: Props) {
  const { t } = useTranslation('checkIn');
  const [text, setText] = useState('');
  const [entered, setEntered] = useState(false);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const q = text.trim();
  const [asked] = useDebouncedValue(q, pause_ms);
  const search = useMemberSearch(q === '' ? '' : asked);
  const settled = asked === q && !search.isPlaceholderData && !search.isFetching;
  const matches = q === '' ? [] : (search.data?.items ?? []);

  const clear = () => {
    setText('');
    setEntered(false);
    combobox.closeDropdown();
  };
  const choose = (member: Member) => {
    clear();
    const direction = member.open_visit?.location === slug ? 'out' : 'in';
    onSubmit(direction, { kind: 'member', id: member.id, name: member.name, photoUrl: member.photo_url });
  };
  const typed = () => {
    const [best] = matches;
    if (best !== undefined) choose(best);
    else if (looksLikeCode(q)) {
      clear();
      onSubmit(mode, { kind: 'code', code: q });
    } else setEntered(false);
  };
  // Enter came before the answer to the last letter did: it is carried out when that is here.
  if (entered && settled) typed();

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      clear();
      onEscape();
    }
    if (event.key !== 'Enter' || q === '' || combobox.getSelectedOptionIndex() !== -1) return;
    event.preventDefault();
    if (settled) typed();
    else setEntered(true);
  };

  return (
    <Stack gap={6}>
      <Group gap="sm" wrap="nowrap" align="stretch" className={classes.row}>
        <Combobox
          store={combobox}
          onOptionSubmit={(id) => {
            const member = matches.find((each) => String(each.id) === id);
            if (member !== undefined) choose(member);
          }}
          offset={4}
          shadow="lg"
          withinPortal={false}
        >
          <Combobox.Target>
            <TextInput
              ref={inputRef}
              className={classes.box}
              classNames={{ input: classes.input }}
              size="xl"
              value={text}
              aria-label={t('box.label')}
              placeholder={t('box.placeholder')}
              autoComplete="off"
              spellCheck={false}
              autoFocus
              data-takes-names
              leftSection={search.isFetching ? <Loader size={22} /> : <IconSearch size={26} aria-hidden />}
              onChange={(event) => {
                setText(event.currentTarget.value);
                setEntered(false);
                if (event.currentTarget.value.trim() === '') combobox.closeDropdown();
                else combobox.openDropdown();
              }}
              onFocus={() => q !== '' && combobox.openDropdown()}
              onBlur={() => combobox.closeDropdown()}
              onKeyDown={onKeyDown}
            />
          </Combobox.Target>
          <Combobox.Dropdown hidden={q === ''}>
            <Combobox.Options aria-label={t('results')}>
              {matches.map((member, index) => (
                <MatchOption key={member.id} member={member} slug={slug} timeZone={timeZone} best={index === 0} />
              ))}
            </Combobox.Options>
            {matches.length === 0 && <Combobox.Empty>{emptyText()}</Combobox.Empty>}
          </Combobox.Dropdown>
        </Combobox>
        <SegmentedControl
          className={classes.mode}
          classNames={{ label: classes.modeLabel, control: classes.modeControl }}
          size="md"
          aria-label={t('mode.label')}
          value={mode}
          onChange={(value) => onMode(value === 'out' ? 'out' : 'in')}
          data={[
            { value: 'in', label: t('mode.in') },
            { value: 'out', label: t('mode.out') },
          ]}
        />
      </Group>
      <Text size="xs" c="dimmed" className={classes.hint}>
        {t('box.hint')}
      </Text>
      <VisuallyHidden role="status">{settled && q !== '' && matches.length === 0 ? emptyText() : ''}</VisuallyHidden>
    </Stack>
  );

  function emptyText(): string {
    if (search.isError) return t('searchFailed');
    return settled ? t('nobody', { q }) : t('searching');
  }
}
