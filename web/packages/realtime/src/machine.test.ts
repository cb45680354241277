import { describe, expect, test } from 'vitest';
import { AUTHENTICATE_MS, CONNECT_MS, dueAt, idle, LATE_MS, PROBE_MS, STABLE_MS, step } from './machine.ts';
import type { Machine, MachineEvent, Step } from './machine.ts';
import { parseMessage, type ServerMessage } from './messages.ts';

const INTERVAL_MS = 25_000;

function message(type: string, payload: object, id: string | null = null): ServerMessage {
  const parsed = parseMessage(JSON.stringify({ type, id, payload }));
  if (parsed.kind !== 'message') {
    throw new Error(`no good example: ${JSON.stringify(parsed)}`);
  }
  return parsed.message;
}

const welcome = (id: string | null) =>
  message('authentication_success', {
    user: { id: 1, name: 'A', role: 'staff' }, locations: [], server_time: 'x', heartbeat_interval: INTERVAL_MS / 1_000, server_version: 'x', protocol: 1,
    epoch: 'e', heads: {},
  }, id);
const error = (code: string, id: string | null, retry?: number) => message('error', { error: code, code, retry_after_ms: retry }, id);

/** Walks through events; each has the time at which it happens. */
function walk(start: Machine, ...events: ReadonlyArray<readonly [number, MachineEvent]>): Step {
  return events.reduce<Step>(({ machine }, [now, event]) => step(machine, event, now, 0.5), { machine: start, effects: [] });
}

const credentials = { on: 'credentials', conn: 1, token: 't', ticket: null } as const;
const said = (text: ServerMessage | null, conn = 1) => ({ on: 'message', conn, message: text }) as const;
const connecting = () => walk(idle(), [0, { on: 'connect' }]).machine;
const authenticating = () => walk(connecting(), [0, credentials], [0, { on: 'opened', conn: 1 }]).machine;
const live = () => walk(authenticating(), [0, said(welcome('authenticate-1'))]).machine;
const waiting = () => walk(live(), [0, { on: 'closed', conn: 1, code: 1006 }]).machine;
const closed = () => walk(live(), [0, { on: 'closed', conn: 1, code: 4403 }]).machine;

const STATES = { idle, connecting, authenticating, live, waiting, closed };
type Name = keyof typeof STATES;

describe('the way in', () => {
  test('connect asks for credentials', () => {
    expect(walk(idle(), [0, { on: 'connect' }])).toMatchObject({ machine: { name: 'connecting' }, effects: [{ do: 'credentials', conn: 1, ask: 'connect' }] });
  });

  test('a token waits for the open socket, a ticket goes into its address', () => {
    expect(walk(connecting(), [0, credentials]).effects).toEqual([{ do: 'open', conn: 1, ticket: null }]);
    expect(walk(connecting(), [0, { ...credentials, token: null, ticket: 'k' }]).effects).toEqual([{ do: 'open', conn: 1, ticket: 'k' }]);
    expect(walk(connecting(), [0, credentials], [0, { on: 'opened', conn: 1 }]).effects).toEqual([{ do: 'authenticate', id: 'authenticate-1', token: 't', bare: false }]);
  });

  test('only the answer to its own authenticate makes it live: a ticket’s welcome comes before and unasked', () => {
    expect(walk(authenticating(), [0, said(welcome(null))]).machine.name).toBe('authenticating');
    expect(walk(authenticating(), [0, said(welcome('authenticate-7'))]).machine.name).toBe('authenticating');
    expect(walk(authenticating(), [0, said(welcome('authenticate-1'))]).machine.name).toBe('live');
  });
});

describe('where each close code leads from each state', () => {
  const OPEN: Name[] = ['connecting', 'authenticating', 'live'];
  const AFTER: ReadonlyArray<readonly [number, object]> = [
    [1000, { name: 'closed', why: 'done' }],
    [1006, { name: 'waiting', why: 'cut', due: 500 }],
    [1011, { name: 'waiting', why: 'cut', due: 500 }],
    [1012, { name: 'waiting', why: 'restart', due: 500 }],
    [1013, { name: 'waiting', why: 'throttled', due: 1_125, notBefore: 1_125 }],
    [4429, { name: 'waiting', why: 'throttled', due: 1_125 }],
    [4401, { name: 'connecting', history: { conn: 2, refused: 1 } }],
    [4403, { name: 'closed', why: 'forbidden', code: 4403 }],
    [4406, { name: 'closed', why: 'outdated' }],
    [4408, { name: 'waiting', why: 'silent', due: 500 }],
    [4413, { name: 'waiting', why: 'too_slow', due: 500 }],
    [4999, { name: 'waiting', why: 'cut', due: 500 }],
  ];
  const cases = OPEN.flatMap((name) => AFTER.map(([code, after]) => [name, code, after] as const));

  test.each(cases)('%s, %i', (name, code, after) => {
    expect(walk(STATES[name](), [0, { on: 'closed', conn: 1, code }]).machine).toMatchObject(after);
  });

  test.each(['idle', 'waiting', 'closed'] as const)('%s: there is nothing to close', (name) => {
    const before = STATES[name]();
    expect(walk(before, [0, { on: 'closed', conn: before.history.conn, code: 4401 }])).toEqual({ machine: before, effects: [] });
  });

  test('4413 forgets the positions, 4406 reloads', () => {
    expect(walk(live(), [0, { on: 'closed', conn: 1, code: 4413 }]).effects).toEqual([{ do: 'forget_positions' }]);
    expect(walk(live(), [0, { on: 'closed', conn: 1, code: 4406 }]).effects).toEqual([{ do: 'reload' }]);
  });
});

describe('what a former attempt still says is ignored', () => {
  const second = () => walk(waiting(), [500, { on: 'tick' }], [500, { ...credentials, conn: 2 }], [500, { on: 'opened', conn: 2 }]).machine;

  test.each<MachineEvent>([
    { on: 'closed', conn: 1, code: 4403 },
    { on: 'opened', conn: 1 },
    { on: 'message', conn: 1, message: welcome('authenticate-2') },
    { on: 'credentials', conn: 1, token: 'old', ticket: null },
    { on: 'no_credentials', conn: 1, signedOut: true },
  ])('$on', (event) => {
    const before = second();
    expect(before).toMatchObject({ name: 'authenticating', history: { conn: 2 } });
    expect(step(before, event, 600, 0.5)).toEqual({ machine: before, effects: [] });
  });
});

describe('time', () => {
  test.each([
    ['idle', null],
    ['connecting', CONNECT_MS],
    ['authenticating', AUTHENTICATE_MS],
    ['live', INTERVAL_MS],
    ['waiting', 500],
    ['closed', null],
  ] as const)('%s wants to be woken at %s', (name, at) => {
    expect(dueAt(STATES[name]())).toBe(at);
  });

  test.each(Object.keys(STATES) as Name[])('%s: a tick that comes early changes nothing', (name) => {
    const before = STATES[name]();
    expect(step(before, { on: 'tick' }, (dueAt(before) ?? 1e9) - 1, 0.5)).toEqual({ machine: before, effects: [] });
  });

  test.each(['connecting', 'authenticating'] as const)('%s for too long: hang up and wait', (name) => {
    const before = STATES[name]();
    const after = step(before, { on: 'tick' }, dueAt(before) ?? 0, 0.5);
    expect(after).toMatchObject({ machine: { name: 'waiting', why: 'timeout' }, effects: [{ do: 'close', code: 1000 }] });
  });

  test('each tick on time leaves the next one in the future: no state spins', () => {
    for (const name of Object.keys(STATES) as Name[]) {
      let machine = STATES[name]();
      for (let n = 0; n < 50; n += 1) {
        const due = dueAt(machine);
        if (due === null) {
          break;
        }
        machine = step(machine, { on: 'tick' }, due, 0.5).machine;
        expect(dueAt(machine) ?? Infinity, name).toBeGreaterThan(due);
      }
    }
  });

  test('failures add up until it was live for long enough', () => {
    const failing = walk(waiting(), [500, { on: 'tick' }], [500, { on: 'closed', conn: 2, code: 1006 }]).machine;
    expect(failing).toMatchObject({ history: { failures: 2 }, due: 500 + 1_000 });
    const back = walk(failing, [1_500, { on: 'tick' }], [1_500, { ...credentials, conn: 3 }], [1_500, { on: 'opened', conn: 3 }], [1_500, said(welcome('authenticate-3'), 3)]);
    expect(back.machine).toMatchObject({ name: 'live', history: { failures: 2 } });
    expect(dueAt(back.machine)).toBe(1_500 + STABLE_MS);
    const beating = { ...back.machine, beatAt: 2_000 } as Machine;
    expect(walk(beating, [2_000, { on: 'tick' }]).machine.history.failures).toBe(2);
    expect(walk(back.machine, [1_500 + STABLE_MS, { on: 'tick' }]).machine.history.failures).toBe(0);
  });
});

describe('signs of life', () => {
  const heartbeats = (effects: Step['effects']) => effects.filter((effect) => effect.do === 'heartbeat').length;

  test('a heartbeat each interval', () => {
    const first = walk(live(), [INTERVAL_MS, { on: 'tick' }]);
    expect(first.effects).toEqual([{ do: 'heartbeat', id: 'heartbeat-1-1' }]);
    expect(walk(first.machine, [30_000, said(null)], [2 * INTERVAL_MS, { on: 'tick' }]).effects).toEqual([{ do: 'heartbeat', id: 'heartbeat-1-2' }]);
  });

  test('two intervals without a byte: hang up, and back within a second', () => {
    const { machine, effects } = walk(live(), [INTERVAL_MS, { on: 'tick' }], [2 * INTERVAL_MS, { on: 'tick' }]);
    expect(machine).toMatchObject({ name: 'waiting', why: 'silent', due: 2 * INTERVAL_MS + 500 });
    expect(effects).toEqual([{ do: 'close', code: 1000 }]);
  });

  test('even what is not understood is a sign of life', () => {
    const { machine } = walk(live(), [INTERVAL_MS, { on: 'tick' }], [40_000, said(null)], [2 * INTERVAL_MS, { on: 'tick' }]);
    expect(machine.name).toBe('live');
  });

  test.each<[string, MachineEvent, number]>([
    ['a wake-up that comes too late', { on: 'tick' }, 10 * INTERVAL_MS],
    ['someone looks again', { on: 'nudge' }, 1_000],
    ['the network is said to be gone', { on: 'doubt' }, 1_000],
  ])('%s: asks, and hangs up without an answer within 5 s', (_, event, now) => {
    const asked = walk(live(), [now, event]);
    expect(asked.machine.name).toBe('live');
    expect(heartbeats(asked.effects)).toBe(1);
    expect(dueAt(asked.machine)).toBe(now + PROBE_MS);
    expect(walk(asked.machine, [now + 100, said(message('heartbeat', {}))], [now + PROBE_MS, { on: 'tick' }]).machine.name).toBe('waiting');
    const answered = walk(asked.machine, [now + 100, said(message('heartbeat_ack', {}, 'heartbeat-1-1'))]).machine;
    expect(dueAt(answered)).toBeGreaterThan(now + PROBE_MS);
  });

  test('the late answer to a heartbeat before is not the answer', () => {
    const asked = walk(live(), [INTERVAL_MS, { on: 'tick' }], [INTERVAL_MS, { on: 'doubt' }]);
    expect(asked.effects).toEqual([{ do: 'heartbeat', id: 'heartbeat-1-2' }]);
    const stale = said(message('heartbeat_ack', {}, 'heartbeat-1-1'));
    expect(walk(asked.machine, [INTERVAL_MS + 10, stale], [INTERVAL_MS + PROBE_MS, { on: 'tick' }]).machine.name).toBe('waiting');
  });

  test('asking twice is asking once', () => {
    const { effects } = walk(live(), [0, { on: 'doubt' }], [10, { on: 'doubt' }]);
    expect(effects).toEqual([]);
  });

  test('a hidden tab, whose every wake-up is late, still notices a dead connection', () => {
    const late = LATE_MS + 50_000;
    const first = walk(live(), [INTERVAL_MS + late, { on: 'tick' }]).machine;
    expect(walk(first, [INTERVAL_MS + late + PROBE_MS + late, { on: 'tick' }]).machine.name).toBe('waiting');
  });

  test('a server that wants a heartbeat each millisecond gets one a second', () => {
    const eager = message('authentication_success', { ...welcome(null).payload, heartbeat_interval: 0.001 }, 'authenticate-1');
    expect(dueAt(walk(authenticating(), [0, said(eager)]).machine)).toBe(1_000);
  });
});

describe('impatience', () => {
  test('a nudge brings an ordinary wait forward, and spreads', () => {
    const long = { ...waiting(), due: 30_000 } as Machine;
    expect(dueAt(step(long, { on: 'nudge' }, 100, 0.5).machine)).toBe(600);
  });

  test('never before what the server asked for', () => {
    const told = walk(live(), [0, said(message('server_draining', { reconnect_after_ms: 9_000 }))], [100, { on: 'closed', conn: 1, code: 1012 }]).machine;
    expect(dueAt(told)).toBe(9_000);
    expect(dueAt(step(told, { on: 'nudge' }, 200, 0.5).machine)).toBe(9_000);
  });

  test('connect during a wait goes at once', () => {
    expect(walk(waiting(), [100, { on: 'connect' }]).machine.name).toBe('connecting');
  });
});

describe('a server that says when', () => {
  test('draining counts for whatever ends the connection, from when it was said', () => {
    const told = walk(live(), [0, said(message('server_draining', { reconnect_after_ms: 9_000 }))]).machine;
    expect(walk(told, [2_000, { on: 'closed', conn: 1, code: 1006 }]).machine).toMatchObject({ name: 'waiting', why: 'restart', due: 9_000 });
    expect(walk(told, [20_000, { on: 'closed', conn: 1, code: 1012 }]).machine).toMatchObject({ due: 20_000 });
  });

  test('overloaded with a time, and the close code lost: the time counts all the same', () => {
    const told = walk(authenticating(), [0, said(error('overloaded', null, 5_000))]).machine;
    expect(walk(told, [0, { on: 'closed', conn: 1, code: 1006 }]).machine).toMatchObject({ why: 'throttled', notBefore: 5_625 });
  });

  test('a request that was rate limited long ago does not slow a reconnect', () => {
    const told = walk(live(), [0, said(error('rate_limited', 'r1', 60_000))]).machine;
    expect(walk(told, [0, { on: 'closed', conn: 1, code: 1006 }]).machine).toMatchObject({ why: 'cut', due: 500 });
  });
});

describe('authenticate is answered by an error', () => {
  const refused = (code: string, retry?: number) => walk(authenticating(), [0, said(error(code, 'authenticate-1', retry))]);

  test('unauthenticated: its 4401 follows', () => expect(refused('unauthenticated').machine.name).toBe('authenticating'));
  test('overloaded: when told', () => expect(refused('overloaded', 2_000).machine).toMatchObject({ name: 'waiting', notBefore: 2_250 }));
  test.each(['forbidden', 'location_not_found'])('%s, perhaps of one location: in without any', (code) => {
    const { machine, effects } = refused(code);
    expect(effects).toEqual([{ do: 'authenticate', id: 'authenticate-1-bare', token: 't', bare: true }]);
    expect(walk(machine, [0, said(welcome('authenticate-1'))]).machine.name).toBe('authenticating');
    expect(walk(machine, [0, said(welcome('authenticate-1-bare'))]).machine.name).toBe('live');
    expect(walk(machine, [0, said(error(code, 'authenticate-1-bare'))])).toMatchObject({ machine: { name: 'closed', why: 'forbidden' }, effects: [{ do: 'close' }] });
  });
  test('bad_message: the same, and without the positions', () => {
    expect(refused('bad_message').effects).toMatchObject([{ do: 'forget_positions' }, { do: 'authenticate', bare: true }]);
  });
});

describe('close() ends everything', () => {
  test.each(['connecting', 'authenticating', 'live'] as const)('%s: with a close', (name) => {
    expect(walk(STATES[name](), [0, { on: 'stop' }])).toMatchObject({ machine: { name: 'closed', why: 'done' }, effects: [{ do: 'close', code: 1000 }] });
  });
  test.each(['idle', 'waiting'] as const)('%s: without', (name) => {
    expect(walk(STATES[name](), [0, { on: 'stop' }])).toMatchObject({ machine: { name: 'closed' }, effects: [] });
  });
  test('closed stays what it was', () => {
    expect(walk(closed(), [0, { on: 'stop' }]).machine).toMatchObject({ why: 'forbidden' });
  });
});
