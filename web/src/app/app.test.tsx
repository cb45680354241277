/** The whole app over a server in memory: what a person at the desk does from morning on. */
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { RealtimeClient } from '@footfall/realtime';
import { systemClock } from '@footfall/realtime/browser';
import { FakeServer } from '@footfall/realtime/testing';
import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { StrictMode } from 'react';
import { beforeEach, describe, expect, it } from 'vitest';
import { App } from './app.tsx';
import { theme } from './theme.ts';
import { createSessionStore } from '@/api/session-store.ts';
import { setMuted } from '@/features/check-in/muted.ts';
import { createQueryClient } from '@/shared/query-client.ts';
import { FakeApi, problem } from '@/testing/fake-api.ts';
import { location, member, owner } from '@/testing/fakes.ts';
import { expectNoViolations } from '@/testing/render.tsx';

const session = { access: 'a1', refresh: null, expires_in: 900, user: owner };

let server: FakeServer;
let api: FakeApi;
let clients: number;

beforeEach(() => {
  window.history.replaceState(null, '', '/');
  setMuted(true);
  clients = 0;
  server = new FakeServer(systemClock);
  api = new FakeApi()
    .on('POST', '/auth/refresh', () => problem(401, 'unauthenticated'))
    .on('POST', '/auth/login', () => session)
    .on('POST', '/auth/logout', () => new Response(null, { status: 204 }))
    .on('POST', '/auth/ticket', () => ({ ticket: server.ticket(), expires_in: 30 }))
    .on('GET', '/locations', () => ({ items: [location('main'), location('north')], next: null }))
    .on('GET', '/locations/:slug/snapshot', (_, slug = '') => {
      const { head, stats } = server.gym.snapshot(slug);
      return { epoch: server.gym.epoch, head, as_of_seq: head, stats, present: [], recent: [...server.gym.log(slug)].reverse() };
    })
    .on('GET', '/members/:id', (_, id) => member(Number(id)))
    .on('GET', '/members', ({ query }) => ({ items: [member(42, { name: 'Elif Novák' })].filter(() => query.get('q') === 'elif'), next: null }));
});

function open() {
  const store = createSessionStore({ fetch: api.fetch });
  const realFetch = globalThis.fetch;
  globalThis.fetch = api.fetch;
  const createClient = () => {
    clients += 1;
    return new RealtimeClient({ openSocket: server.openSocket, url: server.url, clock: systemClock, random: () => 0.01 });
  };
  const view = render(
    <StrictMode>
      <MantineProvider theme={theme} env="test">
        <QueryClientProvider client={createQueryClient()}>
          <App store={store} createClient={createClient} />
          <Notifications />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
  void store.start();
  return { ...view, store, close: () => (globalThis.fetch = realFetch) };
}

async function openDesk() {
  api.on('POST', '/auth/refresh', () => session);
  const opened = open();
  await screen.findByRole('button', { name: 'Connection: Live' });
  return { ...opened, user: userEvent.setup() };
}

/** As a scanner: all keys at once. */
function scan(code: string): void {
  for (const key of [...Array.from(code), 'Enter']) {
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  }
}

/** The panel is another element for each kind of answer: looked for anew each time. */
const answer = () => within(screen.getByRole('region', { name: 'Check-in' }));
const feed = () => within(screen.getByRole('region', { name: 'Live feed' }));

describe('the app', () => {
  it('asks who is there, and then opens the desk', async () => {
    open();
    const user = userEvent.setup();
    await user.type(await screen.findByLabelText('Email'), 'owner@example.org');
    await user.type(screen.getByLabelText('Password'), 'x{Enter}');
    expect(await screen.findByRole('heading', { level: 1, name: 'Front desk, Main Street' })).toBeInTheDocument();
    expect(window.location.pathname).toBe('/at/main/desk');
  });

  it('opens without asking where a session is left, with one socket under StrictMode and no token in its address', async () => {
    await openDesk();
    expect(server.opened).toBe(1);
    expect(JSON.stringify(api.requests.map(({ query }) => query.toString()))).not.toContain('a1');
    expect(Array.from({ length: localStorage.length }, (_, at) => localStorage.getItem(localStorage.key(at) ?? '')).join()).not.toContain('a1');
    await expectNoViolations();
  });

  it('checks in by a scan, wherever the cursor is, and shows it in answer and feed', async () => {
    await openDesk();
    screen.getByRole('button', { name: 'Connection: Live' }).focus();
    scan('0007');
    expect(await waitFor(() => answer().getByText('Welcome'))).toBeInTheDocument();
    expect(await feed().findByText('Member 7')).toBeInTheDocument();
    await expectNoViolations();
  });

  it.each([
    ['a hand', 90],
    ['dictation, as fast as a scanner', 0],
  ])('checks in by name and Enter: %s', async (_, delay) => {
    await openDesk();
    const hands = userEvent.setup({ delay });
    await hands.type(screen.getByLabelText('Name, number, phone or scan'), 'elif{Enter}');
    expect(await waitFor(() => answer().getByText('Welcome'))).toBeInTheDocument();
    expect(server.received.filter(({ type }) => type === 'check_in').map(({ payload }) => payload)).toEqual([{ member_id: 42, location: 'main' }]);
  });

  it('shows what another desk does, without asking', async () => {
    await openDesk();
    server.gym.carryOut({ type: 'check_in', id: 'elsewhere', user: '2', payload: { member_id: 8, location: 'main' } });
    expect(await feed().findByText('Member 8')).toBeInTheDocument();
  });

  it('refuses a card that nobody has', async () => {
    await openDesk();
    scan('99990000');
    expect(await waitFor(() => answer().getByText('No entry'))).toBeInTheDocument();
    expect(answer().getByText('Member not found')).toBeInTheDocument();
  });

  it('takes a check-in back', async () => {
    api.on('DELETE', '/visits/:id', () => new Response(null, { status: 204 }));
    const { user } = await openDesk();
    scan('0007');
    await user.click(await waitFor(() => answer().getByRole('button', { name: 'Undo' })));
    expect(await waitFor(() => answer().getByText('Ready'))).toBeInTheDocument();
    expect(api.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });

  it('is honest when the server goes, keeps the scan, and sends it once when it is back', async () => {
    await openDesk();
    server.up = false;
    server.cut();
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Connection: Live' })).toBeNull());
    expect(await screen.findByText(/Not live\. What you see is from/)).toBeInTheDocument();
    scan('0007');
    expect(await waitFor(() => answer().getByText('Waiting for the connection'))).toBeInTheDocument();
    server.up = true;
    expect(await waitFor(() => answer().getByText('Welcome'), { timeout: 4000 })).toBeInTheDocument();
    expect(screen.queryByText(/Not live/)).toBeNull();
    expect(server.gym.log('main')).toHaveLength(1);
  });

  it('shows after a break what it missed, once each', async () => {
    await openDesk();
    server.gym.carryOut({ type: 'check_in', id: '1', user: '2', payload: { member_id: 8, location: 'main' } });
    await feed().findByText('Member 8');
    server.up = false;
    server.cut();
    for (const id of [9, 10, 11]) server.gym.carryOut({ type: 'check_in', id: String(id), user: '2', payload: { member_id: id, location: 'main' } });
    server.up = true;
    await feed().findByText('Member 11', undefined, { timeout: 4000 });
    expect(feed().getAllByText(/^Member \d+$/).map(({ textContent }) => textContent)).toEqual(['Member 11', 'Member 10', 'Member 9', 'Member 8']);
  });

  it('goes from one location to another, and the address with it', async () => {
    const { user } = await openDesk();
    await user.click(screen.getByRole('button', { name: 'Switch location, now Main Street' }));
    await user.click(await screen.findByRole('option', { name: 'North Side' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'Front desk, North Side' })).toBeInTheDocument();
    expect(window.location.pathname).toBe('/at/north/desk');
  });

  it('speaks German when asked to', async () => {
    const { user } = await openDesk();
    await user.click(screen.getByRole('button', { name: 'Account of Olivia Owner' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Deutsch' }));
    expect(await screen.findByRole('link', { name: 'Empfang' })).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('de');
    await user.click(screen.getByRole('button', { name: 'Konto von Olivia Owner' }));
    await user.click(await screen.findByRole('menuitem', { name: 'English' }));
  });

  it('signs out, and leaves nothing behind for the next one', async () => {
    const { user, store } = await openDesk();
    await user.click(screen.getByRole('button', { name: 'Account of Olivia Owner' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
    expect(await screen.findByText('You are signed out.')).toBeInTheDocument();
    expect(store.tokens.current()).toBeNull();
    expect(api.asked('POST', '/auth/logout')).toHaveLength(1);
  });

  it('is for looking only where the role only looks', async () => {
    api.on('POST', '/auth/refresh', () => ({ ...session, user: { ...owner, role: 'viewer' } }));
    open();
    expect(await screen.findByText(/does not check in/)).toBeInTheDocument();
    expect(screen.queryByLabelText('Name, number, phone or scan')).toBeNull();
    expect(screen.queryByRole('link', { name: 'Members' })).toBeNull();
  });

  it('waits for a server that does not answer, and says so', async () => {
    api.down = true;
    open();
    expect(await screen.findByText('The server does not answer')).toBeInTheDocument();
    expect(clients).toBe(0);
  });
});
