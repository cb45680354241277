/** A component with everything around it that the app has. */
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { RealtimeClient } from '@footfall/realtime';
import { systemClock } from '@footfall/realtime/browser';
import { FootfallProvider } from '@footfall/realtime/react';
import { FakeServer } from '@footfall/realtime/testing';
import { QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import axe from 'axe-core';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { expect } from 'vitest';
import { FakeApi } from './fake-api.ts';
import { owner } from './fakes.ts';
import { createHttp } from '@/api/http.ts';
import type { User } from '@/api/schemas.ts';
import { theme } from '@/app/theme.ts';
import { ClientProvider } from '@/shared/client.tsx';
import { createQueryClient } from '@/shared/query-client.ts';

interface Options {
  api?: FakeApi;
  user?: User;
  path?: string;
  /** A page brings its own <main>; a part of one stands in ours. */
  page?: boolean;
}

export function renderWith(component: ReactNode, { api = new FakeApi(), user = owner, path = '/', page = false }: Options = {}) {
  const cache = createQueryClient();
  const server = new FakeServer(systemClock);
  const client = new RealtimeClient({ openSocket: server.openSocket, url: server.url, clock: systemClock, random: Math.random });
  const http = createHttp({ current: () => 'token', renew: () => Promise.resolve(null) }, api.fetch);
  const view = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={cache}>
        <ClientProvider http={http} user={user}>
          <FootfallProvider client={client} credentials={() => Promise.resolve({ ticket: server.ticket() })}>
            <MemoryRouter initialEntries={[path]}>
              {page ? component : <main>{component}</main>}
            </MemoryRouter>
            <Notifications />
          </FootfallProvider>
        </ClientProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...view, api, cache, server, client };
}

/** What a machine can find of what keeps people out. Colours are looked at in a real browser: jsdom has none. */
export async function expectNoViolations(element: Element = document.body): Promise<void> {
  const { violations } = await axe.run(element, { rules: { 'color-contrast': { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}
