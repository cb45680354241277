/** What every feature may reach for: the REST client and the person who is signed in. */
import { createContext, type ReactNode, useContext } from 'react';
import type { Http } from '@/api/http.ts';
import type { User } from '@/api/schemas.ts';

interface Client {
  http: Http;
  user: User;
}

const ClientContext = createContext<Client | null>(null);

export function ClientProvider({ http, user, children }: Client & { children: ReactNode }) {
  return <ClientContext value={{ http, user }}>{children}</ClientContext>;
}

function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('ClientProvider is missing above');
  return client;
}

export const useHttp = (): Http => useClient().http;
export const useUser = (): User => useClient().user;
