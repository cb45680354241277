/* The client as a whole against the fake server: each test is one story. */
import { beforeEach, describe, expect, test } from 'vitest';
import { RealtimeClient, SignedOutError, type ClientEvents, type ClientOptions, type CredentialsProvider } from '../src/index.ts';
import { FakeClock, FakeServer, fakeSurroundings, MemoryStore } from '../testing/index.ts';

const HEARD = ['event', 'following', 'refused', 'resync', 'answer', 'error', 'warning'] as const;
type Heard = { [K in (typeof HEARD)[number]]: ClientEvents[K][] };

let clock: FakeClock;
let server: FakeServer;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeServer(clock);
});

function newClient(options: ClientOptions = { locations: ['main'] }, store: MemoryStore | null = null) {
  const heard: Heard = { event: [], following: [], refused: [], resync: [], answer: [], error: [], warning: [] };
  const client = new RealtimeClient(fakeSurroundings(clock, server, 1, store), options);
  HEARD.forEach((name) => client.on(name, (value) => void (heard[name] as unknown[]).push(value)));
  return { client, heard, seqs: () => heard.event.map((event) => event.payload.seq) };
}

async function liveClient(options?: ClientOptions, store: MemoryStore | null = null) {
  const made = newClient(options, store);
  made.client.connect(server.token());
  await clock.advance(100);
  expect(made.client.state.name).toBe('live');
  return made;
}

const sent = (type: string) => server.received.filter((request) => request.type === type);
const lastSent = (type: string) => sent(type).at(-1)?.payload;

describe('getting in', () => {
  test('a token goes into the first message, never into the address', async () => {
    await liveClient();
    expect(sent('authenticate')).toEqual([{ type: 'authenticate', id: 'authenticate-1', payload: { token: 'token-1', locations: ['main'] } }]);
  });

  test('a ticket goes into the address, a fresh one for each attempt, and authenticate follows without a token', async () => {
    const asks: string[] = [];
    const { client } = newClient();
    client.connect(async (ask) => {
      asks.push(ask);
      return { ticket: server.ticket() };
    });
    await clock.advance(100);
    server.cut();
    await clock.advance(2_000);
    expect(client.state.name).toBe('live');
    expect(asks).toEqual(['connect', 'connect']);
    expect(sent('authenticate').map(({ payload }) => payload)).toEqual([{ locations: ['main'] }, { locations: ['main'] }]);
  });

  test("'*' follows all that the token allows", async () => {
    const { heard } = await liveClient({ locations: '*' });
    expect(lastSent('authenticate')).toEqual({ token: 'token-1' });
    expect(heard.following.map(({ location }) => location)).toEqual(['main', 'north']);
  });

  test('a location that is not given is refused by name, the others are followed', async () => {
    const { heard } = await liveClient({ locations: ['main', 'moon'] });
    expect(heard.refused).toEqual([{ is: 'refused', location: 'moon', code: 'location_not_found' }]);
    expect(heard.following).toEqual([{ is: 'following', location: 'main', fresh: true }]);
    expect(heard.error).toEqual([]);
    expect(server.opened).toBe(1);
  });

  test('connect() again is a new connection with the new credentials, and the old one is gone', async () => {
    const { client } = await liveClient();
    client.connect(server.token('2'));
    await clock.advance(100);
    expect(client.state.name).toBe('live');
    expect([server.opened, server.connected]).toEqual([2, 1]);
  });

  test('close() stays closed', async () => {
    const { client } = await liveClient();
    client.close();
    await clock.advance(600_000);
    expect(client.state).toMatchObject({ name: 'closed', why: 'done' });
    expect([server.opened, server.connected]).toEqual([1, 0]);
  });
});

describe('signed out', () => {
  const tickets = (asks: string[], ...results: Array<string | Error>): CredentialsProvider => {
    return async (ask) => {
      asks.push(ask);
      const result = results[Math.min(asks.length, results.length) - 1];
      if (result instanceof Error) {
        throw result;
      }
      return { ticket: result === 'good' ? server.ticket() : 'bad' };
    };
  };

  test('4401 once: the credentials are renewed once, and it goes on', async () => {
    const asks: string[] = [];
    const { client } = newClient();
    client.connect(tickets(asks, 'bad', 'good'));
    await clock.advance(1_000);
    expect(client.state.name).toBe('live');
    expect(asks).toEqual(['connect', 'renew']);
  });

  test('4401 twice: signed out, and nothing more is tried', async () => {
    const asks: string[] = [];
    const { client } = newClient();
    client.connect(tickets(asks, 'bad', 'bad', 'good'));
    await clock.advance(600_000);
    expect(client.state).toMatchObject({ name: 'closed', why: 'signed_out', code: 4401 });
    expect(asks).toEqual(['connect', 'renew']);
  });

  test('4401, good for less than 10 s, 4401 again: no loop', async () => {
    const asks: string[] = [];
    const { client } = newClient();
    client.connect(tickets(asks, 'good'));
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(3_000);
      server.close(4401);
    }
    await clock.advance(600_000);
    expect(client.state).toMatchObject({ name: 'closed', why: 'signed_out' });
    expect(asks).toEqual(['connect', 'renew']);
  });

  test('4401 after a good while is the first one again', async () => {
    const asks: string[] = [];
    const { client } = newClient();
    client.connect(tickets(asks, 'good'));
    for (let hour = 0; hour < 3; hour += 1) {
      await clock.advance(3_600_000);
      server.close(4401);
    }
    await clock.advance(1_000);
    expect(client.state.name).toBe('live');
    expect(asks.filter((ask) => ask === 'renew')).toHaveLength(3);
  });

  test('a provider that knows nobody: signed out', async () => {
    const { client } = newClient();
    client.connect(tickets([], new SignedOutError()));
    await clock.advance(100);
    expect(client.state).toMatchObject({ name: 'closed', why: 'signed_out' });
  });

  test('a provider that fails otherwise is asked again after a while, and named', async () => {
    const asks: string[] = [];
    const { client, heard } = newClient();
    client.connect(tickets(asks, new Error('the network is gone'), new Error('still gone'), 'good'));
    await clock.advance(5_000);
    expect(client.state.name).toBe('live');
    expect(heard.warning).toEqual([
      { about: 'credentials', detail: 'the network is gone' },
      { about: 'credentials', detail: 'still gone' },
    ]);
  });

  test('a provider that never answers is given up, and its late answer opens nothing', async () => {
    const late: Array<(ticket: { ticket: string }) => void> = [];
    const { client } = newClient();
    client.connect((): ReturnType<CredentialsProvider> => new Promise((resolve) => void late.push(resolve)));
    await clock.advance(15_000);
    expect(client.state).toMatchObject({ name: 'waiting', why: 'timeout' });
    late[0]?.({ ticket: server.ticket() });
    await clock.advance(0);
    expect(server.opened).toBe(0);
  });

  test('a bare token that is refused: signed out', async () => {
    const { client } = newClient();
    client.connect('no such token');
    await clock.advance(600_000);
    expect(client.state).toMatchObject({ name: 'closed', why: 'signed_out' });
    expect(server.opened).toBe(1);
  });

  test('token_expiring: a fresh token goes over the live connection', async () => {
    const asks: string[] = [];
    const { client } = newClient();
    client.connect(async (ask) => {
      asks.push(ask);
      return ask === 'token' ? { token: server.token() } : { ticket: server.ticket() };
    });
    await clock.advance(100);
    server.send({ type: 'token_expiring', payload: {} });
    await clock.advance(100);
    expect(asks).toEqual(['connect', 'token']);
    expect(lastSent('authenticate')).toEqual({ token: 'token-1' });
    expect(client.state.name).toBe('live');
    expect(server.opened).toBe(1);
  });

  test('token_expiring and no fresh token to be had: the connection lives on until the server ends it', async () => {
    const { client } = await liveClient();
    server.send({ type: 'token_expiring', payload: {} });
    await clock.advance(100);
    expect(client.state.name).toBe('live');
  });
});

describe('coming back', () => {
  test('what was missed comes first, once each, then what is new', async () => {
    const { seqs, heard } = await liveClient();
    server.checkInElsewhere(1, 'main');
    await clock.advance(10);
    server.cut();
    server.checkInElsewhere(2, 'main');
    server.checkInElsewhere(3, 'main');
    await clock.advance(5_000);
    server.checkInElsewhere(4, 'main');
    await clock.advance(10);
    expect(lastSent('authenticate')?.['resume']).toEqual({ epoch: 'epoch-1', after: { main: 1 } });
    expect(seqs()).toEqual([1, 2, 3, 4]);
    expect(heard.following.map(({ fresh }) => fresh)).toEqual([true, false]);
  });

  test('neither a reply’s seq nor heads nor as_of_seq move the position', async () => {
    const { client } = await liveClient();
    server.answerNext('check_in', { type: 'check_in_success', payload: { ...CHECK_IN_SUCCESS, seq: 40 } });
    server.send({ type: 'heartbeat', payload: { heads: { main: 50 } } });
    server.send({ type: 'stats_update', payload: { ...server.gym.stats('main'), as_of_seq: 60 } });
    const answer = client.checkIn(1, 'main');
    await clock.advance(100);
    expect(await answer).toMatchObject({ seq: 40 });
    expect(client.position).toEqual({ epoch: 'epoch-1', after: {} });
  });

  test('an event that was hidden moves the position, and is handed over for its number', async () => {
    const { client, heard, seqs } = await liveClient();
    server.checkInElsewhere(1, 'main');
    server.gym.hide('main');
    server.checkInElsewhere(2, 'main');
    await clock.advance(10);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(heard.event[1]?.type).toBe('event_hidden');
    expect(client.position.after).toEqual({ main: 3 });
  });

  test('a later client goes on from where a former one stood', async () => {
    const { client } = await liveClient();
    server.checkInElsewhere(1, 'main');
    await clock.advance(10);
    client.close();
    server.checkInElsewhere(2, 'main');
    const { seqs } = await liveClient({ locations: ['main'], position: client.position });
    expect(seqs()).toEqual([2]);
  });

  test('server_draining: nothing new is sent, and it comes back when told', async () => {
    const { client } = await liveClient();
    server.send({ type: 'server_draining', payload: { reconnect_after_ms: 7_000 } });
    await clock.advance(10);
    expect(client.state.draining).toBe(true);
    const answer = client.checkIn(5, 'main');
    await clock.advance(10);
    expect(sent('check_in')).toEqual([]);
    server.close(1012);
    await clock.advance(6_900);
    expect(client.state).toMatchObject({ name: 'waiting', why: 'restart' });
    client.hurry(); // no impatience changes what the server asked for
    await clock.advance(50);
    expect(server.opened).toBe(1);
    await clock.advance(100);
    expect(client.state.name).toBe('live');
    expect(await answer).toMatchObject({ success: true });
  });

  test('1013 with retry_after_ms waits that long, and doubles', async () => {
    server.turnAway = { code: 1013, error: { type: 'error', payload: { success: false, error: 'busy', code: 'overloaded', retry_after_ms: 4_000 } } };
    const { client } = newClient();
    client.connect(server.token());
    await clock.advance(3_900);
    expect(server.opened).toBe(1);
    await clock.advance(1_200);
    expect(server.opened).toBe(2);
    await clock.advance(7_800);
    expect(server.opened).toBe(2);
    server.turnAway = null;
    await clock.advance(2_300);
    expect(client.state.name).toBe('live');
  });

  test('4413: snapshot instead of resume', async () => {
    const { heard } = await liveClient();
    server.checkInElsewhere(1, 'main');
    await clock.advance(10);
    server.close(4413);
    await clock.advance(5_000);
    expect(lastSent('authenticate')).toEqual({ token: 'token-1', locations: ['main'] });
    expect(heard.following.map(({ fresh }) => fresh)).toEqual([true, true]);
  });

  test('4406: the reload hook, once, and no more attempts', async () => {
    let reloads = 0;
    const client = new RealtimeClient({ ...fakeSurroundings(clock, server), reload: () => (reloads += 1) });
    client.connect(server.token());
    await clock.advance(100);
    server.close(4406);
    await clock.advance(600_000);
    expect(client.state).toMatchObject({ name: 'closed', why: 'outdated', code: 4406 });
    expect([reloads, server.opened]).toEqual([1, 1]);
  });

  test.each([4403, 1002, 1003, 1007, 1008, 1009])('%i: stops and says so', async (code) => {
    const { client } = await liveClient();
    server.close(code);
    await clock.advance(600_000);
    expect(client.state).toMatchObject({ name: 'closed', why: 'forbidden', code });
    expect(server.opened).toBe(1);
  });

  test('a server that lets in and fails at once is not hammered', async () => {
    await liveClient();
    for (let second = 0; second < 120; second += 1) {
      await clock.advance(1_000);
      server.close(1011);
    }
    expect(server.opened).toBeLessThan(20);
  });

  test('no socket to be had: named, and tried again', async () => {
    let broken = true;
    const around = fakeSurroundings(clock, server);
    const client = new RealtimeClient({
      ...around,
      openSocket: (url, handlers) => {
        if (broken) {
          throw new Error('blocked');
        }
        return around.openSocket(url, handlers);
      },
    });
    const warnings: string[] = [];
    client.on('warning', ({ detail }) => warnings.push(detail));
    client.connect(server.token());
    await clock.advance(10);
    expect(client.state).toMatchObject({ name: 'waiting', why: 'cut' });
    broken = false;
    await clock.advance(5_000);
    expect(client.state.name).toBe('live');
    expect(warnings[0]).toBe('blocked');
  });
});

describe('signs of life', () => {
  test('two intervals without a byte: it reconnects at once', async () => {
    const { client } = await liveClient();
    server.goSilent();
    await clock.advance(49_000);
    expect(client.state.name).toBe('live');
    await clock.advance(2_500);
    expect(server.opened).toBe(2);
    expect(client.state.name).toBe('live');
  });

  test('it sends a heartbeat each interval, and any message is a sign of life', async () => {
    const { client } = await liveClient();
    await clock.advance(250_000);
    expect(sent('heartbeat')).toHaveLength(10);
    expect(client.state.name).toBe('live');
    expect(server.opened).toBe(1);
  });

  test('a laptop that slept asks at once, and reconnects when nobody answers within 5 s', async () => {
    const { client } = await liveClient();
    server.goSilent();
    clock.sleep(3_600_000);
    client.hurry(); // as watchPage does
    await clock.advance(4_900);
    expect(client.state.name).toBe('live');
    await clock.advance(1_200);
    expect(server.opened).toBe(2);
  });

  test('bytes that lay in a buffer while it slept are no answer', async () => {
    const { client } = await liveClient();
    client.hurry();
    server.send({ type: 'heartbeat', payload: {} });
    server.goSilent();
    server.answerNext('heartbeat', null);
    await clock.advance(6_200);
    expect(server.opened).toBe(2);
    expect(client.state.name).toBe('live');
  });

  test('a page that was frozen judges nobody before it has read', async () => {
    const { client } = await liveClient();
    clock.sleep(100_000, true);
    await clock.advance(5_000);
    expect(client.state.name).toBe('live');
    expect(server.opened).toBe(1);
  });

  test('an acknowledged head that never arrived is a gap', async () => {
    const { client, heard } = await liveClient();
    server.checkInElsewhere(1, 'main');
    await clock.advance(10);
    server.answerNext('heartbeat', { type: 'heartbeat_ack', payload: { heads: { main: 2, north: 9 } } });
    client.doubt();
    await clock.advance(10);
    expect(heard.resync).toEqual([{ is: 'resync', location: 'main', head: 2, reason: 'gap' }]);
  });
});

describe('what to follow', () => {
  test('resync_required: no event of it until it is subscribed again, after a snapshot', async () => {
    const { client, heard, seqs } = await liveClient({ locations: ['main', 'north'] });
    server.checkInElsewhere(1, 'main');
    server.requireResync('main');
    server.checkInElsewhere(2, 'main');
    server.checkInElsewhere(3, 'north');
    await clock.advance(10);
    expect(heard.resync).toEqual([{ is: 'resync', location: 'main', head: 1, reason: 'server' }]);
    const { head } = server.gym.snapshot('main');
    server.checkInElsewhere(4, 'main');
    client.subscribe(['main'], { after: { main: head } });
    server.checkInElsewhere(5, 'main');
    await clock.advance(10);
    expect(lastSent('subscribe')).toEqual({ locations: ['main'], resume: { epoch: 'epoch-1', after: { main: 2 } } });
    expect(seqs()).toEqual([1, 1, 3, 4]);
  });

  test('a gap: the same, and the server is told to stop first', async () => {
    const { client, heard, seqs } = await liveClient();
    server.checkInElsewhere(1, 'main');
    server.send({ type: 'event_hidden', payload: { location: 'main', seq: 3 } });
    server.checkInElsewhere(2, 'main');
    await clock.advance(10);
    expect(heard.resync).toEqual([{ is: 'resync', location: 'main', head: 3, reason: 'gap' }]);
    expect(lastSent('unsubscribe')).toEqual({ locations: ['main'] });
    client.subscribe(['main'], { after: { main: 2 } });
    server.checkInElsewhere(3, 'main');
    await clock.advance(10);
    expect(seqs()).toEqual([1, 3]);
  });

  test('doubles are ignored', async () => {
    const { seqs } = await liveClient();
    server.checkInElsewhere(1, 'main');
    server.gym.log('main').forEach((event) => server.send(event));
    await clock.advance(10);
    expect(seqs()).toEqual([1]);
  });

  test('another epoch is another history', async () => {
    const { client, heard, seqs } = await liveClient();
    server.checkInElsewhere(1, 'main');
    server.checkInElsewhere(2, 'main');
    await clock.advance(10);
    server.gym.restoreBackup(1);
    server.cut();
    await clock.advance(5_000);
    expect(heard.following.map(({ fresh }) => fresh)).toEqual([true, true]);
    expect(heard.resync).toEqual([expect.objectContaining({ location: 'main', reason: 'server' })]);
    client.subscribe(['main'], { after: { main: server.gym.snapshot('main').head }, epoch: 'epoch-2' });
    server.checkInElsewhere(3, 'main');
    await clock.advance(10);
    expect(seqs()).toEqual([1, 2, 2]);
  });

  test('subscribed while authenticating: sent once it is live', async () => {
    const { client, heard } = newClient({});
    client.connect(server.token());
    await clock.advance(1);
    expect(client.state.name).toBe('authenticating');
    client.subscribe(['main', 'moon']);
    await clock.advance(100);
    expect(lastSent('authenticate')).toEqual({ token: 'token-1', locations: [] });
    expect(heard.following).toEqual([{ is: 'following', location: 'main', fresh: true }]);
    expect(heard.refused).toEqual([{ is: 'refused', location: 'moon', code: 'location_not_found' }]);
  });

  test('unsubscribed: nothing more of it, and the next connection does not ask for it', async () => {
    const { client, seqs } = await liveClient({ locations: ['main', 'north'] });
    client.unsubscribe(['main']);
    server.checkInElsewhere(1, 'main');
    await clock.advance(10);
    server.cut();
    await clock.advance(5_000);
    expect(seqs()).toEqual([]);
    expect(lastSent('authenticate')?.['locations']).toEqual(['north']);
  });

  test('the server ends a location by itself', async () => {
    const { heard } = await liveClient();
    server.send({ type: 'unsubscribed', payload: { heads: { main: 0 } } });
    await clock.advance(10);
    expect(heard.refused).toEqual([{ is: 'refused', location: 'main', code: 'forbidden' }]);
  });

  test('a subscribe that is put off is sent again', async () => {
    const { client, heard } = await liveClient({});
    server.answerNext('subscribe', { type: 'error', payload: { error: 'slow down', code: 'rate_limited', retry_after_ms: 3_000 } });
    client.subscribe(['main']);
    await clock.advance(2_900);
    expect(heard.following).toEqual([]);
    await clock.advance(200);
    expect(heard.following).toHaveLength(1);
  });

  test("subscribe('*') on a live connection", async () => {
    const { client, heard } = await liveClient({});
    client.subscribe('*');
    await clock.advance(10);
    expect(heard.following.map(({ location }) => location)).toEqual(['main', 'north']);
  });
});

describe('requests', () => {
  test('a check-in by id, by code, with all that belongs to it', async () => {
    const { client } = await liveClient();
    const first = client.checkIn(7, 'main', 'forgot the card', { override: { reason: 'paid at the desk' } });
    const second = client.checkIn({ code: '0042' });
    await clock.advance(10);
    expect(await first).toMatchObject({ success: true, member: { id: 7 } });
    expect(await second).toMatchObject({ success: true, member: { id: 42 } });
    expect(sent('check_in').map(({ payload }) => payload)).toEqual([
      { member_id: 7, location: 'main', notes: 'forgot the card', override: { reason: 'paid at the desk' } },
      { code: '0042' },
    ]);
  });

  test('a refusal is an error with its code', async () => {
    const { client } = await liveClient();
    const answer = client.checkIn(99_999, 'main');
    const caught = answer.catch((error: unknown) => error);
    await clock.advance(10);
    expect(await caught).toMatchObject({ name: 'RequestError', code: 'member_not_found', message: 'Member not found' });
    expect(client.waiting).toEqual([]);
  });

  test('asked without a connection: it waits, and is sent once there is one', async () => {
    const { client } = newClient();
    const answer = client.checkIn(7, 'main');
    await clock.advance(1_000);
    expect(client.waiting).toHaveLength(1);
    client.connect(server.token());
    await clock.advance(100);
    expect(await answer).toMatchObject({ success: true, replayed: false });
    expect(client.waiting).toEqual([]);
  });

  test('the answer is lost: the same id again on the next connection, carried out once', async () => {
    const { client } = await liveClient();
    const answer = client.checkIn(7, 'main');
    await clock.advance(1);
    server.cut(); // it arrived, its answer did not
    await clock.advance(5_000);
    expect(await answer).toMatchObject({ success: true, replayed: true });
    const ids = sent('check_in').map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect([...server.gym.carriedOut.values()]).toEqual([1]);
  });

  test('unanswered: not sent twice on one connection', async () => {
    const { client } = await liveClient();
    server.answerNext('check_in', null);
    void client.checkIn(7, 'main');
    await clock.advance(20_000);
    expect(sent('check_in')).toHaveLength(1);
  });

  test('unavailable: again with the same id, until it can be done', async () => {
    const { client } = await liveClient();
    server.answerNext('check_in', { type: 'error', payload: { error: 'no room on the disk', code: 'unavailable', retry_after_ms: 2_000 } });
    const answer = client.checkIn(7, 'main');
    await clock.advance(1_900);
    expect(sent('check_in')).toHaveLength(1);
    await clock.advance(200);
    expect(await answer).toMatchObject({ success: true });
  });

  test('unavailable for too long: whoever asked is told', async () => {
    const { client } = await liveClient();
    for (let n = 0; n < 40; n += 1) {
      server.answerNext('check_in', { type: 'error', payload: { error: 'no room on the disk', code: 'unavailable' } });
    }
    const caught = client.checkIn(7, 'main').catch((error: unknown) => error);
    await clock.advance(16_500);
    expect(await caught).toMatchObject({ code: 'unavailable' });
    expect(client.waiting).toEqual([]);
  });

  test('waited long for its first sending: it says when it occurred, and says the same ever after', async () => {
    const { client } = newClient();
    void client.checkIn(7, 'main');
    await clock.advance(300_000);
    client.connect(server.token());
    await clock.advance(4); // it has arrived
    server.cut();
    await clock.advance(60_000);
    expect(sent('check_in').map(({ payload }) => payload['occurred_at'])).toEqual(['2026-01-05T09:00:00.000Z', '2026-01-05T09:00:00.000Z']);
  });

  test('it outlives the page, keeps its id, and is told to listeners', async () => {
    const store = new MemoryStore();
    const first = newClient({ locations: ['main'] }, store);
    void first.client.checkIn(7, 'main', undefined, { id: 'desk-1' });
    expect(store.values.size).toBe(1);
    const { client, heard } = await liveClient({ locations: ['main'] }, store);
    expect(heard.answer).toMatchObject([{ request: { id: 'desk-1' }, reply: { payload: { success: true } } }]);
    expect([store.values.size, client.waiting.length]).toEqual([0, 0]);
  });

  test('another person’s request is not sent in this one’s name', async () => {
    const store = new MemoryStore();
    const first = await liveClient({}, store);
    server.answerNext('check_in', null);
    void first.client.checkIn(7, 'main');
    await clock.advance(10);
    first.client.close();
    const second = newClient({}, store);
    second.client.connect(server.token('2'));
    await clock.advance(100);
    expect(second.client.waiting).toHaveLength(1);
    expect(sent('check_in')).toHaveLength(1);
    second.client.connect(server.token('1'));
    await clock.advance(100);
    expect(second.client.waiting).toHaveLength(0);
  });

  test('asked after another person was signed in, and before the server said so: it is the new one’s', async () => {
    const { client } = await liveClient();
    client.connect(server.token('2'));
    const answer = client.checkIn(7, 'main');
    await clock.advance(100);
    expect(await answer).toMatchObject({ success: true });
  });

  test('what was sent is in the storage as it was sent', async () => {
    const store = new MemoryStore();
    const { client } = newClient({}, store);
    server.answerNext('check_in', null);
    void client.checkIn(7, 'main', undefined, { id: 'a' });
    clock.sleep(3_600_000);
    client.connect(server.token());
    await clock.advance(100);
    expect(JSON.parse(store.getItem('footfall.outbox.a') ?? '')).toMatchObject({ sent: true, payload: sent('check_in')[0]?.payload });
    expect(sent('check_in')[0]?.payload).toHaveProperty('occurred_at');
  });

  test('what cannot be read in the storage is named, and the rest goes on', async () => {
    const store = new MemoryStore();
    store.setItem('footfall.outbox.bad', '{"id":');
    store.setItem('footfall.outbox.odd', '{"id":"odd"}');
    store.setItem('something else', 'not ours');
    void newClient({}, store).client.checkIn(7, 'main');
    const { heard } = await liveClient({}, store);
    expect(heard.answer).toHaveLength(1);
    expect(heard.warning.map(({ about }) => about)).toEqual(['storage', 'storage']);
  });

  test('a storage that is full is named, and the check-in goes on', async () => {
    const store = new MemoryStore();
    const { client, heard } = await liveClient({}, store);
    store.full = true;
    const answer = client.checkIn(7, 'main');
    await clock.advance(10);
    expect(await answer).toMatchObject({ success: true });
    expect(heard.warning[0]).toEqual({ about: 'storage', detail: 'the quota is used up' });
  });

  test('the outbox has a bound', async () => {
    const { client } = newClient({ outboxLimit: 2 });
    void client.checkIn(1);
    void client.checkOut(2);
    await expect(client.checkIn(3)).rejects.toMatchObject({ code: 'outbox_full' });
    expect(client.waiting).toHaveLength(2);
  });

  test('three days old: not sent any more', async () => {
    const { client } = newClient();
    const caught = client.checkIn(7, 'main').catch((error: unknown) => error);
    clock.sleep(73 * 3_600_000);
    client.connect(server.token());
    await clock.advance(100);
    expect(await caught).toMatchObject({ code: 'too_old' });
    expect(sent('check_in')).toEqual([]);
  });

  test('taken back before it was sent; not afterwards', async () => {
    const { client } = newClient();
    const caught = client.checkIn(7, 'main', undefined, { id: 'a' }).catch((error: unknown) => error);
    expect(client.withdraw('a')).toBe(true);
    expect(await caught).toMatchObject({ code: 'withdrawn' });
    client.connect(server.token());
    await clock.advance(100);
    server.answerNext('check_in', null);
    void client.checkIn(8, 'main', undefined, { id: 'b' });
    expect(client.withdraw('b')).toBe(false);
    expect(sent('check_in').map(({ id }) => id)).not.toContain('a');
  });

  test('the same id asked twice here is one request with two askers', async () => {
    const { client } = await liveClient();
    const answers = [client.checkIn(7, 'main', undefined, { id: 'once' }), client.checkIn(7, 'main', undefined, { id: 'once' })];
    await clock.advance(10);
    expect((await Promise.all(answers)).map(({ visit_id: visit }) => visit)).toEqual([1, 1]);
    expect(sent('check_in')).toHaveLength(1);
  });

  test('a reply that cannot be read ends its request', async () => {
    const { client, heard } = await liveClient();
    server.answerNext('check_in', { type: 'check_in_success', payload: { success: true } });
    const caught = client.checkIn(7, 'main').catch((error: unknown) => error);
    await clock.advance(10);
    expect(await caught).toMatchObject({ code: 'bad_reply' });
    expect(heard.warning).toHaveLength(1);
    expect(client.droppedMessages).toEqual({ unknown: 0, malformed: 1 });
  });

  test('so does one that answers something else', async () => {
    const { client } = await liveClient();
    server.answerNext('check_in', { type: 'stats', payload: server.gym.stats('main') });
    const caught = client.checkIn(7, 'main').catch((error: unknown) => error);
    await clock.advance(10);
    expect(await caught).toMatchObject({ code: 'bad_reply', message: 'stats is no answer to check_in' });
    expect(client.waiting).toEqual([]);
  });

  test('stats of one location, of all, and none from a closed connection', async () => {
    const { client } = await liveClient();
    const [one, all] = [client.getStats('main'), client.getStats()];
    await clock.advance(10);
    expect(await one).toMatchObject({ location: 'main' });
    expect(await all).toMatchObject({ locations: [{ location: 'main' }, { location: 'north' }] });
    server.answerNext('get_stats', null);
    const asked = client.getStats('main').catch((error: unknown) => error);
    await clock.advance(10);
    client.close();
    expect(await asked).toMatchObject({ code: 'closed' });
    await expect(client.getStats('main')).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('what comes in', () => {
  test('a type of a newer server is counted and dropped; so is what is no message', async () => {
    const { client, seqs } = await liveClient();
    server.send({ type: 'brand_new', payload: { a: 1 } });
    server.sendText('{"type":');
    server.sendText('[]');
    server.checkInElsewhere(1, 'main');
    await clock.advance(10);
    expect(client.droppedMessages).toEqual({ unknown: 1, malformed: 2 });
    expect(seqs()).toEqual([1]);
  });

  test('an error that answers nothing of ours is told', async () => {
    const { heard } = await liveClient();
    server.send({ type: 'error', payload: { success: false, error: 'what?', code: 'bad_json' } });
    await clock.advance(10);
    expect(heard.error).toMatchObject([{ code: 'bad_json' }]);
  });

  test('a listener that throws is reported, and the others hear it all the same', async () => {
    const reports: unknown[] = [];
    const client = new RealtimeClient({ ...fakeSurroundings(clock, server), report: (error) => reports.push(error) }, { locations: ['main'] });
    const seqs: number[] = [];
    client.on('event', () => {
      throw new Error('mine');
    });
    client.on('event', (event) => seqs.push(event.payload.seq));
    client.connect(server.token());
    await clock.advance(100);
    server.checkInElsewhere(1, 'main');
    await clock.advance(10);
    expect([seqs, reports]).toEqual([[1], [new Error('mine')]]);
  });

  test('one function may listen twice, and end once', async () => {
    const { client } = newClient();
    let heard = 0;
    const listener = () => (heard += 1);
    const end = client.on('welcome', listener);
    client.on('welcome', listener);
    end();
    client.connect(server.token());
    await clock.advance(100);
    expect(heard).toBe(1);
  });

  test('a listener may close the client from inside', async () => {
    const { client } = newClient();
    client.on('welcome', () => client.close());
    client.connect(server.token());
    await clock.advance(1_000);
    expect(client.state.name).toBe('closed');
    expect(server.connected).toBe(0);
  });
});

const CHECK_IN_SUCCESS = {
  success: true, visit_id: 1, member: { id: 1, name: 'A', photo_url: null, status: 'active' }, location: 'main',
  checked_in_at: '2026-01-05T09:00:00.000Z', currently_in: 1,
};
