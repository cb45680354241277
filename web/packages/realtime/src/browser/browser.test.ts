// @vitest-environment jsdom
/* The page's side, each piece against the real thing it stands for where Node has one. */
import { WebSocketServer, WebSocket as NodeWebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock, FakeServer, fakeSurroundings, MemoryStore } from '../../testing/index.ts';
import { RealtimeClient } from '../client.ts';
import type { Socket } from '../surroundings.ts';
import { reloadOnce } from './reload.ts';
import { pageSurroundings, strongRandom } from './surroundings.ts';
import { watchPage, watchSleep } from './watch-page.ts';
import { webSocketFactory, type WebSocketLike } from './websocket.ts';

describe('a page', () => {
  let clock: FakeClock;
  let server: FakeServer;
  let client: RealtimeClient;
  let unwatch: () => void;
  const marks = new MemoryStore();

  beforeEach(async () => {
    clock = new FakeClock();
    server = new FakeServer(clock);
    client = new RealtimeClient(fakeSurroundings(clock, server), { locations: ['main'] });
    unwatch = watchPage(client, { window, document, clock, marks });
    client.connect(server.token());
    await clock.advance(100);
  });
  afterEach(() => unwatch());

  const probes = () => server.received.filter(({ type }) => type === 'heartbeat').length;

  test('slept for an hour: noticed within 5 s of waking, and back within 11 s', async () => {
    server.goSilent();
    clock.sleep(3_600_000);
    await clock.advance(11_000);
    expect(server.opened).toBe(2);
    expect(client.state.name).toBe('live');
  });

  test('awake all the time: nothing is asked beyond the heartbeats', async () => {
    await clock.advance(24_000);
    expect(probes()).toBe(0);
  });

  test.each<[string, () => void]>([
    ['online', () => window.dispatchEvent(new Event('online'))],
    ['offline', () => window.dispatchEvent(new Event('offline'))],
    ['pageshow', () => window.dispatchEvent(new Event('pageshow'))],
    ['visibilitychange', () => document.dispatchEvent(new Event('visibilitychange'))],
  ])('%s: is the connection still there?', async (_, happens) => {
    happens();
    await clock.advance(10);
    expect(probes()).toBe(1);
    unwatch();
    happens();
    await clock.advance(10);
    expect(probes()).toBe(1);
  });

  test('online again during a long wait: within a second', async () => {
    server.up = false;
    server.cut();
    await clock.advance(120_000);
    server.up = true;
    window.dispatchEvent(new Event('online'));
    await clock.advance(1_100);
    expect(client.state.name).toBe('live');
  });

  test('too old: reloaded once, until a connection was live again', async () => {
    let reloads = 0;
    const reload = () => reloadOnce(marks, () => (reloads += 1));
    reload();
    reload();
    expect(reloads).toBe(1);
    server.cut();
    await clock.advance(5_000); // live again
    reload();
    expect(reloads).toBe(2);
  });
});

test('a wall clock that was set back counts as sleep, a slow timer does not', async () => {
  const clock = new FakeClock();
  let slept = 0;
  const end = watchSleep(clock, () => (slept += 1));
  clock.sleep(4_000);
  await clock.advance(5_000);
  expect(slept).toBe(0);
  clock.sleep(-3_600_000);
  await clock.advance(5_000);
  expect(slept).toBe(1);
  end();
  clock.sleep(3_600_000);
  await clock.advance(60_000);
  expect(slept).toBe(1);
});

describe('the page’s own surroundings', () => {
  test('the address is the page’s, with the ticket', () => {
    expect(pageSurroundings().url('t')).toBe(`ws://${window.location.host}/ws/checkins/?ticket=t`);
    expect(pageSurroundings({ origin: 'https://gym.example' }).url(null)).toBe('wss://gym.example/ws/checkins/');
  });

  test('waiting requests are kept in localStorage, in the order asked, and nowhere without it', async () => {
    const { storage } = pageSurroundings();
    const entry = { type: 'check_in', kind: 'kept', payload: {}, user: null, sent: false } as const;
    await storage?.put({ ...entry, id: 'a', createdAt: 2 });
    await storage?.put({ ...entry, id: 'b', createdAt: 1 });
    expect(await storage?.load()).toMatchObject([{ id: 'b' }, { id: 'a' }]);
    await storage?.remove('b');
    expect(Object.keys(localStorage)).toEqual(['footfall.outbox.a']);
    expect(pageSurroundings({ store: null }).storage).toBeUndefined();
  });

  test('random numbers are in [0, 1) and differ', () => {
    const numbers = Array.from({ length: 1_000 }, strongRandom);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(numbers).size).toBeGreaterThan(990);
  });
});

describe('over a real socket', () => {
  let server: WebSocketServer;
  let url: string;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    url = typeof address === 'object' && address !== null ? `ws://127.0.0.1:${address.port}/` : '';
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  /** Opens one and writes down what it says; resolves when `until` was said. */
  function open(until: string, on: (said: string, socket: Socket) => void = () => undefined, made: (socket: NodeWebSocket) => void = () => undefined): Promise<string[]> {
    return new Promise((resolve) => {
      const heard: string[] = [];
      const hear = (said: string) => {
        heard.push(said);
        on(said, socket);
        if (said.startsWith(until)) {
          resolve(heard);
        }
      };
      const create = (to: string) => {
        const real = new NodeWebSocket(to);
        made(real);
        return real as WebSocketLike;
      };
      const socket = webSocketFactory(create)(url, {
        opened: () => hear('opened'),
        message: (text) => hear(`message ${text}`),
        closed: (code, reason) => hear(`closed ${code} ${reason}`),
      });
    });
  }

  test('opened, messages, and the close code with its reason', async () => {
    server.on('connection', (peer) =>
      peer.on('message', (data) => {
        peer.send(`echo ${String(data)}`);
        peer.send(new Uint8Array([1, 2]));
        peer.close(4401, 'unauthenticated');
      }),
    );
    const heard = await open('closed', (said, socket) => said === 'opened' && socket.send('hello'));
    expect(heard).toEqual(['opened', 'message echo hello', 'message ', 'closed 4401 unauthenticated']);
  });

  test('cut: 1006', async () => {
    server.on('connection', (peer) => peer.terminate());
    expect((await open('closed')).at(-1)).toBe('closed 1006 ');
  });

  test('nobody listens: 1006, without having opened', async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await open('closed')).toEqual(['closed 1006 ']);
  });

  test('closed by us: the server sees it, and nothing more is heard', async () => {
    const seen = new Promise<number>((resolve) => server.on('connection', (peer) => peer.on('close', resolve)));
    let ended: Promise<unknown> = Promise.resolve();
    const made = (real: NodeWebSocket) => (ended = new Promise((resolve) => real.addEventListener('close', resolve)));
    const heard = await open('opened', (_, socket) => socket.close(1000), made);
    expect(await seen).toBe(1000);
    await ended;
    expect(heard).toEqual(['opened']);
  });
});
