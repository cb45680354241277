import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { RealtimeClient } from '@footfall/realtime';
import { pageSurroundings } from '@footfall/realtime/browser';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createSessionStore } from '@/api/session-store.ts';
import { App } from '@/app/app.tsx';
import { theme } from '@/app/theme.ts';
import { startI18n } from '@/shared/i18n.ts';
import { createQueryClient } from '@/shared/query-client.ts';

const channel = 'BroadcastChannel' in window ? new BroadcastChannel('footfall-session') : null;
const store = createSessionStore({ channel });
const cache = createQueryClient();
const schemeManager = localStorageColorSchemeManager({ key: 'footfall-color-scheme' });
const createClient = () => new RealtimeClient(pageSurroundings());
const nonce = () => document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
const retry_ms = 3000;

async function start(): Promise<void> {
  await store.start();
  if (store.state().status === 'unreachable') setTimeout(() => void start(), retry_ms);
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
await startI18n();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={schemeManager} getStyleNonce={nonce}>
      <QueryClientProvider client={cache}>
        <App store={store} createClient={createClient} />
        <Notifications position="top-right" />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
void start();
