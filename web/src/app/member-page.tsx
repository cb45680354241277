/** One member: who, how they stand, and everything that the desk may change. */
import { Anchor, Grid, Group, Stack } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { paths } from './paths.ts';
import { useCurrentLocation } from './routes.tsx';
import { CodesPanel } from '@/features/members/components/codes-panel.tsx';
import { MemberHeader } from '@/features/members/components/member-header.tsx';
import { MembershipsPanel } from '@/features/members/components/memberships-panel.tsx';
import { ProfilePanel } from '@/features/members/components/profile-panel.tsx';
import { VisitsPanel } from '@/features/members/components/visits-panel.tsx';
import { useMember } from '@/features/members/queries.ts';
import { QueryGate } from '@/shared/components/query-gate.tsx';

export default function MemberPage() {
  const { t } = useTranslation('members');
  const { slug, timezone } = useCurrentLocation();
  const id = Number(useParams().id);
  const member = useMember(id);
  return (
    <Stack gap="md">
      <Group>
        <Anchor component={Link} to={paths.members(slug)} size="sm">
          <Group gap={4} component="span" display="inline-flex">
            <IconArrowLeft size={16} aria-hidden />
            {t('page.back')}
          </Group>
        </Anchor>
      </Group>
      <QueryGate query={member} rows={8}>
        {({ value, etag }) => (
          <>
            <MemberHeader member={value} timeZone={timezone} />
            <Grid gap="md">
              <Grid.Col span={{ base: 12, md: 7 }}>
                <Stack gap="md">
                  {/* What somebody else saved meanwhile takes the place of a stale form. */}
                  <ProfilePanel key={etag} member={value} etag={etag} />
                  <VisitsPanel id={id} timeZone={timezone} />
                </Stack>
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 5 }}>
                <Stack gap="md">
                  <MembershipsPanel id={id} timeZone={timezone} />
                  <CodesPanel member={value} etag={etag} />
                </Stack>
              </Grid.Col>
            </Grid>
          </>
        )}
      </QueryGate>
    </Stack>
  );
}
