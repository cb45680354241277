// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode, useState, type ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeClock, FakeServer, fakeSurroundings } from '../../testing/index.ts';
import { RealtimeClient } from '../client.ts';
import { FootfallProvider, useConnection, useEvents, useFollow, useFootfall, useWaiting } from './index.ts';

let clock: FakeClock;
let server: FakeServer;
let client: RealtimeClient;

beforeEach(() => {
  vi.useFakeTimers();
  clock = new FakeClock();
  server = new FakeServer(clock);
  client = new RealtimeClient(fakeSurroundings(clock, server));
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** React's timers and the client's pass together. */
async function pass(ms: number): Promise<void> {
  await act(async () => {
    vi.advanceTimersByTime(ms);
    await clock.advance(ms);
  });
}

function App({ children, credentials = async () => ({ ticket: server.ticket() }) }: { children?: ReactNode; credentials?: () => Promise<{ ticket: string }> }) {
  return (
    <StrictMode>
      <FootfallProvider client={client} credentials={credentials}>
        {children}
      </FootfallProvider>
    </StrictMode>
  );
}

function Connection() {
  return <p>{useConnection().name}</p>;
}

function Feed({ location }: { location: string }) {
  const [names, setNames] = useState<string[]>([]);
  useFollow(location);
  useEvents((event) => setNames([...names, 'member' in event.payload ? (event.payload.member?.name ?? '') : '']), location);
  return <p>{names.join(', ')}</p>;
}

const sent = (type: string) => server.received.filter((request) => request.type === type).map(({ payload }) => payload['locations']);

test('StrictMode mounts twice and opens one socket', async () => {
  render(<App><Connection /></App>);
  await pass(1_000);
  expect(screen.getByText('live')).toBeTruthy();
  expect([server.opened, server.connected]).toEqual([1, 1]);
});

test('unmounted for good: the connection is closed; mounted again: a new one', async () => {
  const { unmount } = render(<App><Connection /></App>);
  await pass(1_000);
  unmount();
  await pass(1_000);
  expect(server.connected).toBe(0);
  render(<App><Connection /></App>);
  await pass(1_000);
  expect([server.opened, server.connected]).toEqual([2, 1]);
});

test('a new credentials function at each render makes no new connection, and the newest is asked', async () => {
  const asked: string[] = [];
  const credentials = (name: string) => async () => {
    asked.push(name);
    return { ticket: server.ticket() };
  };
  const { rerender } = render(<App credentials={credentials('first')} />);
  await pass(1_000);
  rerender(<App credentials={credentials('second')} />);
  await pass(1_000);
  expect(server.opened).toBe(1);
  server.cut();
  await pass(5_000);
  expect(asked).toEqual(['first', 'second']);
});

test('the state is shown as it changes', async () => {
  render(<App><Connection /></App>);
  await pass(1_000);
  server.up = false;
  server.cut();
  await pass(1);
  expect(screen.getByText('waiting')).toBeTruthy();
});

test('two that follow the same: one subscription, which ends 5 s after the last has left', async () => {
  const { rerender } = render(<App><Feed key="a" location="main" /><Feed key="b" location="main" /></App>);
  await pass(1_000);
  expect([...sent('authenticate'), ...sent('subscribe')].flat()).toEqual(['main']);
  rerender(<App><Feed key="a" location="main" /></App>);
  await pass(60_000);
  expect(sent('unsubscribe')).toEqual([]);
  rerender(<App />);
  await pass(4_900);
  expect(sent('unsubscribe')).toEqual([]);
  await pass(200);
  expect(sent('unsubscribe')).toEqual([['main']]);
});

test('another page that needs the same: no unsubscribe in between', async () => {
  const { rerender } = render(<App><Feed key="a" location="main" /></App>);
  await pass(1_000);
  rerender(<App />);
  await pass(2_000);
  rerender(<App><Feed key="b" location="main" /></App>);
  await pass(60_000);
  expect([sent('subscribe'), sent('unsubscribe')]).toEqual([[], []]);
});

test('events of the location, none twice under StrictMode, and the listener is the newest', async () => {
  render(<App><Feed location="main" /></App>);
  await pass(1_000);
  server.checkInElsewhere(1, 'main');
  await pass(10);
  server.gym.hide('main');
  server.checkInElsewhere(2, 'north');
  server.checkInElsewhere(3, 'main');
  await pass(10);
  expect(screen.getByText('Member 1, Member 3')).toBeTruthy();
});

test('what waits is shown until it is answered', async () => {
  function Desk() {
    const footfall = useFootfall();
    return <button onClick={() => void footfall.checkIn(7, 'main')}>{useWaiting().length} waiting</button>;
  }
  server.up = false;
  render(<App><Desk /></App>);
  await pass(100);
  act(() => screen.getByRole('button').click());
  expect(screen.getByText('1 waiting')).toBeTruthy();
  server.up = true;
  await pass(40_000);
  expect(screen.getByText('0 waiting')).toBeTruthy();
});

test('without a provider: a sentence, not a riddle', () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => render(<Connection />)).toThrow('there is no FootfallProvider above this component');
  quiet.mockRestore();
});
