/** What stands around every page: where one is, the way to the others, the connection, and oneself. */
import { IconLayoutDashboard, IconUsers } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, NavLink as RouterLink, useLocation, useNavigate } from 'react-router';
import { AccountMenu } from './account-menu.tsx';
import { paths } from './paths.ts';
import { ScanEverywhere } from './scan-everywhere.tsx';
import classes from './shell.module.css';
import { SoundToggle } from './sound-toggle.tsx';
import type { Location } from '@/api/schemas.ts';
import { ConnectionBadge } from '@/features/live/components/connection-badge.tsx';
import { LocationSwitcher } from '@/features/locations/components/location-switcher.tsx';
import { Logo } from '@/shared/components/logo.tsx';
import { useUser } from '@/shared/client.tsx';
import { mayCheckIn, maySeeMembers } from '@/shared/roles.ts';

interface Props {
  location: Location;
  locations: Location[];
  onSignOut: () => void;
  children: ReactNode;
}

export function Shell({ location, locations, onSignOut, children }: Props) {
  const { t } = useTranslation();
  const { role } = useUser();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const switchTo = (slug: string) => void navigate(pathname.replace(/^\/at\/[^/]+/, `/at/${slug}`) + search);
  return (
    <div className={classes.shell}>
      <a href="#content" className={classes.skip}>
        {t('skip')}
      </a>
      <header className={classes.header}>
        <Link to={paths.desk(location.slug)} className={classes.brand} aria-label={t('home')}>
          <Logo size={34} />
          <span className={classes.product}>{t('product')}</span>
        </Link>
        <LocationSwitcher locations={locations} current={location} onSwitch={switchTo} />
        <nav aria-label={t('nav.label')} className={classes.nav}>
          <RouterLink to={paths.desk(location.slug)} className={classes.tab ?? ''}>
            <IconLayoutDashboard size={18} aria-hidden />
            <span>{t('nav.desk')}</span>
          </RouterLink>
          {maySeeMembers(role) && (
            <RouterLink to={paths.members(location.slug)} className={classes.tab ?? ''}>
              <IconUsers size={18} aria-hidden />
              <span>{t('nav.members')}</span>
            </RouterLink>
          )}
        </nav>
        <div className={classes.tools}>
          <ConnectionBadge />
          {mayCheckIn(role) && <SoundToggle />}
          <AccountMenu onSignOut={onSignOut} />
        </div>
      </header>
      <main id="content" tabIndex={-1} className={classes.content}>
        {children}
      </main>
      {mayCheckIn(role) && <ScanEverywhere location={location} />}
    </div>
  );
}

