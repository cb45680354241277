/* react/provider.tsx: one client for the tree below. It is connected while a provider of it is mounted. */
import { createContext, useEffect, type ReactNode } from 'react';
import type { RealtimeClient } from '../client.ts';
import type { CredentialsProvider } from '../surroundings.ts';
import { sharedOf, type Shared } from './shared.ts';

export const FootfallContext = createContext<Shared | null>(null);

export interface FootfallProviderProps {
  readonly client: RealtimeClient;
  /** May be another function at each render: the newest is asked, and no new connection is made for it. */
  readonly credentials: string | CredentialsProvider;
  /** Looks after the client meanwhile: `watchPage` of `@footfall/realtime/browser`. */
  readonly watch?: (client: RealtimeClient) => () => void;
  readonly children?: ReactNode;
}

export function FootfallProvider({ client, credentials, watch, children }: FootfallProviderProps) {
  const shared = sharedOf(client);
  useEffect(() => {
    shared.credentials = credentials;
  }, [shared, credentials]);
  useEffect(() => shared.connection.take(), [shared]);
  useEffect(() => watch?.(client), [client, watch]);
  return <FootfallContext value={shared}>{children}</FootfallContext>;
}
