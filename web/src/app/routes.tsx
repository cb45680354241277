/** Which address shows what. The members' pages come when they are needed; the desk is there at once. */
import { Button, Center, Stack, Text, Title } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, Outlet, Route, Routes, useOutletContext, useParams } from 'react-router';
import { DeskPage } from './desk-page.tsx';
import { paths } from './paths.ts';
import { Shell } from './shell.tsx';
import { useLastLocation } from './last-location.ts';
import type { Location } from '@/api/schemas.ts';
import { useLocations } from '@/features/locations/queries.ts';
import { Loading, QueryGate } from '@/shared/components/query-gate.tsx';

const MembersPage = lazy(() => import('./members-page.tsx'));
const MemberPage = lazy(() => import('./member-page.tsx'));

export function SignedInRoutes({ onSignOut }: { onSignOut: () => void }) {
  const locations = useLocations();
  return (
    <QueryGate query={locations}>
      {(list) => (
        <Routes>
          <Route path="/at/:slug" element={<AtLocation locations={list} onSignOut={onSignOut} />}>
            <Route path="desk" element={<Desk />} />
            <Route path="members" element={<MembersPage />} />
            <Route path="members/:id" element={<MemberPage />} />
            <Route path="*" element={<NotFound />} />
          </Route>
          <Route path="*" element={<Start locations={list} />} />
        </Routes>
      )}
    </QueryGate>
  );
}

function AtLocation({ locations, onSignOut }: { locations: Location[]; onSignOut: () => void }) {
  const { slug } = useParams();
  const location = locations.find((each) => each.slug === slug);
  useLastLocation(location?.slug ?? null);
  if (location === undefined) return <Start locations={locations} />;
  return (
    <Shell location={location} locations={locations} onSignOut={onSignOut}>
      <Suspense fallback={<Loading rows={6} />}>
        <Outlet context={location} />
      </Suspense>
    </Shell>
  );
}

export const useCurrentLocation = (): Location => useOutletContext<Location>();

function Desk() {
  const location = useCurrentLocation();
  return <DeskPage key={location.slug} location={location} />;
}

/** To the desk where this device stood last, else to the first. */
function Start({ locations }: { locations: Location[] }) {
  const { t } = useTranslation();
  const last = useLastLocation(null);
  const home = locations.find(({ slug }) => slug === last) ?? locations[0];
  if (home !== undefined) return <Navigate to={paths.desk(home.slug)} replace />;
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack align="center" gap="xs">
        <Title order={1} size="h3">
          {t('noLocation.title')}
        </Title>
        <Text c="dimmed">{t('noLocation.text')}</Text>
      </Stack>
    </Center>
  );
}

function NotFound() {
  const { t } = useTranslation();
  const { slug } = useCurrentLocation();
  return (
    <Center mih="50vh">
      <Stack align="center" gap="xs">
        <Title order={1} size="h3">
          {t('notFound.title')}
        </Title>
        <Text c="dimmed">{t('notFound.text')}</Text>
        <Button component={Link} to={paths.desk(slug)} mt="sm">
          {t('notFound.home')}
        </Button>
      </Stack>
    </Center>
  );
}
