/** From nobody to somebody at a desk: the session decides what there is to see. */
import { useMemo } from 'react';
import { FootfallProvider } from '@footfall/realtime/react';
import { SignedOutError, type CredentialsProvider, type RealtimeClient } from '@footfall/realtime';
import { watchPage } from '@footfall/realtime/browser';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { BrowserRouter } from 'react-router';
import { SignedInRoutes } from './routes.tsx';
import { createHttp, type Http } from '@/api/http.ts';
import { Ticket, type User } from '@/api/schemas.ts';
import type { SessionStore } from '@/api/session-store.ts';
import { LiveProvider } from '@/features/live/live-provider.tsx';
import { SignInPage } from '@/features/session/components/sign-in-page.tsx';
import { WaitingPage } from '@/features/session/components/waiting-page.tsx';
import { useSession } from '@/features/session/use-session.ts';
import { ClientProvider } from '@/shared/client.tsx';

interface Props {
  store: SessionStore;
  /** A client for one person; another one signs in with another. */
  createClient: () => RealtimeClient;
}

export function App({ store, createClient }: Props) {
  const session = useSession(store);
  switch (session.status) {
    case 'starting':
      return <WaitingPage unreachable={false} />;
    case 'unreachable':
      return <WaitingPage unreachable />;
    case 'signedOut':
      return <SignInPage store={store} reason={session.reason} />;
    case 'signedIn':
      return <SignedIn key={session.user.id} user={session.user} store={store} createClient={createClient} />;
  }
}

function SignedIn({ user, store, createClient }: Props & { user: User }) {
  const http = useMemo(() => createHttp(store.tokens), [store]);
  const client = useMemo(() => createClient(), [createClient]);
  const credentials = useMemo(() => socketCredentials(store, http), [store, http]);
  const cache = useQueryClient();
  useEffect(() => client.on('state', ({ name, why }) => name === 'closed' && why === 'signed_out' && store.expire()), [client, store]);
  // Nothing of one person is left for the next.
  useEffect(() => () => cache.clear(), [cache]);
  return (
    <ClientProvider http={http} user={user}>
      <FootfallProvider client={client} credentials={credentials} watch={watchPage}>
        <LiveProvider>
          <BrowserRouter>
            <SignedInRoutes onSignOut={() => void store.signOut().catch(() => undefined)} />
          </BrowserRouter>
        </LiveProvider>
      </FootfallProvider>
    </ClientProvider>
  );
}

/** A ticket for each attempt, so that no token stands in an address; a token where the live connection only has to be renewed. */
function socketCredentials(store: SessionStore, http: Http): CredentialsProvider {
  return async (ask) => {
    const spent = store.tokens.current();
    const token = ask === 'connect' ? await store.freshToken() : await store.tokens.renew(spent ?? '');
    if (token === null) throw new SignedOutError();
    if (ask === 'token') return { token };
    const { ticket } = await http.read(Ticket, '/auth/ticket', { method: 'POST', json: {} });
    return { ticket };
  };
}
