/** What a member has bought: past, present and to come; frozen, cancelled or added here. */
import { ActionIcon, Button, Group, Menu, Popover, Select, Stack, Text, TextInput } from '@mantine/core';
import { notify } from '@/shared/notify.ts';
import { IconCalendarPlus, IconCircleX, IconDots, IconPlayerPlay, IconSnowflake } from '@tabler/icons-react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Membership } from '@/api/schemas.ts';
import { Panel } from '@/shared/components/panel.tsx';
import { QueryGate } from '@/shared/components/query-gate.tsx';
import { StatusBadge } from '@/shared/components/status-badge.tsx';
import { useUser } from '@/shared/client.tsx';
import { useErrorText } from '@/shared/error-text.ts';
import { useFormat } from '@/shared/format.ts';
import { mayEditMembers } from '@/shared/roles.ts';
import { todayIn } from '@/shared/today.ts';
import { useCreateMembership, useMemberships, usePlans, useUpdateMembership } from '../queries.ts';
import classes from './panels.module.css';

export function MembershipsPanel({ id, timeZone }: { id: number; timeZone: string }) {
  const { t } = useTranslation('members');
  const { role } = useUser();
  const memberships = useMemberships(id);
  const editable = mayEditMembers(role);
  return (
    <Panel title={t('memberships.title')} side={editable && <AddMembership id={id} timeZone={timeZone} />}>
      <QueryGate query={memberships} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('memberships.none')}
            </Text>
          ) : (
            <ul className={classes.list}>
              {items.map((membership) => (
                <li key={membership.id} className={classes.item}>
                  <MembershipLine membership={membership} timeZone={timeZone} />
                  <StatusBadge status={membership.status} />
                  {editable && <MembershipMenu member={id} membership={membership} timeZone={timeZone} />}
                </li>
              ))}
            </ul>
          )
        }
      </QueryGate>
    </Panel>
  );
}

function MembershipLine({ membership, timeZone }: { membership: Membership; timeZone: string }) {
  const { t } = useTranslation('members');
  const { day } = useFormat(timeZone);
  const { plan, starts, ends, frozen_from, frozen_to, cancelled_on, visits_left } = membership;
  const range = t('memberships.range', { from: day(starts), to: ends === null ? t('open') : day(ends) });
  const more = [
    visits_left === null ? null : t('memberships.left', { count: visits_left }),
    frozen_from === null ? null : t('memberships.frozen', { from: day(frozen_from), to: frozen_to === null ? '…' : day(frozen_to) }),
    cancelled_on === null ? null : t('memberships.cancelledOn', { date: day(cancelled_on) }),
  ].filter((part) => part !== null);
  return (
    <div style={{ flex: 1, minWidth: 0 }}>
      <Text fw={600} size="sm">
        {plan}
      </Text>
      <Text size="xs" c="dimmed">
        {[range, ...more].join(' · ')}
      </Text>
    </div>
  );
}

function MembershipMenu({ member, membership, timeZone }: { member: number; membership: Membership; timeZone: string }) {
  const { t } = useTranslation('members');
  const errorText = useErrorText();
  const update = useUpdateMembership(member);
  const today = todayIn(timeZone);
  const change = (changes: Partial<Membership>) =>
    update.mutate(
      { membership: membership.id, changes },
      {
        onSuccess: () => notify({ color: 'green', message: t('memberships.changed') }),
        onError: (error) => notify({ color: 'red', message: errorText(error) }),
      },
    );
  return (
    <Menu position="bottom-end" shadow="lg" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" loading={update.isPending} aria-label={t('memberships.actions', { plan: membership.plan })}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {membership.frozen_from === null ? (
          <Menu.Item leftSection={<IconSnowflake size={16} aria-hidden />} onClick={() => change({ frozen_from: today, frozen_to: null })}>
            {t('memberships.freeze')}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={() => change({ frozen_from: null, frozen_to: null })}>
            {t('memberships.unfreeze')}
          </Menu.Item>
        )}
        {membership.cancelled_on === null && (
          <Menu.Item color="red" leftSection={<IconCircleX size={16} aria-hidden />} onClick={() => change({ cancelled_on: today })}>
            {t('memberships.cancel')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function AddMembership({ id, timeZone }: { id: number; timeZone: string }) {
  const { t } = useTranslation('members');
  const errorText = useErrorText();
  const plans = usePlans();
  const create = useCreateMembership(id);
  const [open, setOpen] = useState(false);
  const [plan, setPlan] = useState<string | null>(null);
  const [starts, setStarts] = useState(() => todayIn(timeZone));
  const [ends, setEnds] = useState('');
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (plan === null) return;
    create.mutate({ plan_id: Number(plan), starts, ...(ends === '' ? {} : { ends }), key: crypto.randomUUID() }, { onSuccess: () => setOpen(false) });
  };
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-end" width={320} shadow="lg" withinPortal={false}>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<IconCalendarPlus size={16} aria-hidden />} onClick={() => setOpen(!open)}>
          {t('memberships.add')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit}>
          <Stack gap="sm">
            <Select
              label={t('memberships.plan')}
              data={(plans.data?.items ?? []).map((each) => ({ value: String(each.id), label: each.name }))}
              value={plan}
              onChange={setPlan}
              comboboxProps={{ withinPortal: false }}
              required
              withAsterisk={false}
              data-autofocus
            />
            <Group grow gap="xs" align="start">
              <TextInput type="date" label={t('memberships.starts')} value={starts} required withAsterisk={false} onChange={(event) => setStarts(event.currentTarget.value)} />
              <TextInput type="date" label={t('memberships.ends')} value={ends} min={starts} onChange={(event) => setEnds(event.currentTarget.value)} />
            </Group>
            <Text size="xs" c="dimmed">
              {t('memberships.endsHint')}
            </Text>
            {create.error !== null && (
              <Text c="red" size="sm" role="alert">
                {errorText(create.error)}
              </Text>
            )}
            <Button type="submit" loading={create.isPending} disabled={plan === null || starts === ''}>
              {t('memberships.submit')}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
