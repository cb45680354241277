import { describe, expect, test } from 'vitest';
import type { Payload } from './messages.ts';
import { Follows, type Position } from './resume.ts';

function welcome(epoch: string, heads: Record<string, number>, locations: string[] = Object.keys(heads)): Payload<'authentication_success'> {
  return {
    epoch, heads, locations, user: { id: 1, name: 'A', role: 'staff' }, server_time: 'x', heartbeat_interval: 25, server_version: 'x', protocol: 1,
  };
}

/** Follows main and has seen it up to `seq`. */
function following(seq: number | null = 5): Follows {
  const follows = new Follows(['main']);
  follows.opening();
  follows.joined(welcome('e1', { main: seq ?? 0 }));
  if (seq !== null) {
    follows.take('main', seq);
  }
  return follows;
}

describe('an event is judged by its number', () => {
  test.each([
    ['the first one there is', null, 9, 'deliver'],
    ['the next', 5, 6, 'deliver'],
    ['the same', 5, 5, 'duplicate'],
    ['an older one', 5, 1, 'duplicate'],
    ['one that leaves one out', 5, 7, 'gap'],
  ] as const)('%s', (_, seen, seq, verdict) => {
    const follows = following(seen);
    expect(follows.take('main', seq)).toBe(verdict);
    expect(follows.position.after['main']).toBe(verdict === 'deliver' ? seq : (seen ?? undefined));
  });

  test('of a location that nobody follows', () => {
    expect(following().take('north', 1)).toBe('not_followed');
  });
});

describe('what a new connection is told', () => {
  const at: Position = { epoch: 'e1', after: { main: 5 } };

  test.each([
    ['nothing to follow', new Follows(), { locations: [] }],
    ['all', new Follows('*'), {}],
    ['no position yet', new Follows(['main']), { locations: ['main'] }],
    ['where a former client stood', new Follows(['main', 'north'], at), { locations: ['main', 'north'], resume: at }],
    ['all, from where a former client stood', new Follows('*', at), { resume: at }],
    ['a position without an epoch says nothing', new Follows(['main'], { epoch: null, after: { main: 5 } }), { locations: ['main'] }],
  ])('%s', (_, follows, request) => {
    expect(follows.opening()).toEqual(request);
  });

  test('after a drop: the last delivered event', () => {
    const follows = following(5);
    follows.take('main', 6);
    expect(follows.opening()).toEqual({ locations: ['main'], resume: { epoch: 'e1', after: { main: 6 } } });
  });

  test.each<[string, (follows: Follows) => unknown]>([
    ['a location that lost something', (follows) => follows.lose('main', 9, 'server')],
    ['4413', (follows) => follows.forget()],
  ])('after %s: no position, so it starts anew', (_, before) => {
    const follows = following(5);
    before(follows);
    expect(follows.opening()).toEqual({ locations: ['main'] });
    expect(follows.joined(welcome('e1', { main: 9 }))).toEqual([{ is: 'following', location: 'main', fresh: true }]);
  });
});

describe('what a welcome means', () => {
  test('resumed: not fresh', () => {
    const follows = following(5);
    follows.opening();
    expect(follows.joined(welcome('e1', { main: 9 }))).toEqual([{ is: 'following', location: 'main', fresh: false }]);
    expect(follows.position.after).toEqual({ main: 5 }); // heads move nothing
  });

  test('another epoch: fresh, and the old position is gone', () => {
    const follows = following(5);
    follows.opening();
    expect(follows.joined(welcome('e2', { main: 9 }))).toEqual([{ is: 'following', location: 'main', fresh: true }]);
    expect(follows.position).toEqual({ epoch: 'e2', after: {} });
  });

  test('a location that is neither followed nor allowed is refused', () => {
    const follows = new Follows(['main', 'moon']);
    follows.opening();
    expect(follows.joined(welcome('e1', { main: 0 }))).toContainEqual({ is: 'refused', location: 'moon', code: 'forbidden' });
  });

  test('one that is allowed but not followed is refused, too', () => {
    const follows = new Follows(['main']);
    follows.opening();
    expect(follows.joined(welcome('e1', {}, ['main']))).toMatchObject([{ is: 'refused' }]);
  });

  test.each(['e1', 'e2'])('one that cannot be resumed may have no head: its resync_required follows (%s)', (epoch) => {
    const follows = following(5);
    follows.opening();
    expect(follows.joined(welcome(epoch, {}, ['main']))).toEqual([]);
    expect(follows.lose('main', 9, 'server')).toMatchObject({ is: 'resync' });
  });

  test('let in with nothing: all of it is subscribed, with the positions', () => {
    const follows = following(5);
    expect(follows.opening(true)).toEqual({ locations: [] });
    expect(follows.joined(welcome('e1', {}, ['main']))).toEqual([]);
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: ['main'], resume: { epoch: 'e1', after: { main: 5 } } });
  });

  test("let in with nothing, where all is wanted: '*', with the positions", () => {
    const follows = new Follows('*', { epoch: 'e1', after: { main: 5 } });
    follows.opening(true);
    follows.joined(welcome('e1', {}, ['main']));
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: '*', resume: { epoch: 'e1', after: { main: 5 } } });
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: [] });
    expect(follows.subscribed({ heads: { main: 5, north: 1 }, refused: {} })).toMatchObject([{ fresh: false }, { fresh: true }]);
  });
});

describe('what is to be sent on a live connection', () => {
  test('nothing, when all was asked', () => {
    expect(following().commands()).toEqual({ unsubscribe: [], subscribe: [] });
  });

  test('each wish once', () => {
    const follows = following();
    follows.want(['north', 'main']);
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: ['north'] });
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: [] });
  });

  test('left and wanted again: both, in that order', () => {
    const follows = following();
    follows.leave(['main']);
    follows.want(['main']);
    expect(follows.commands()).toEqual({ unsubscribe: ['main'], subscribe: ['main'] });
  });

  test('wanted and left before it was asked: nothing', () => {
    const follows = following();
    follows.want(['north']);
    follows.leave(['north']);
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: [] });
  });

  test('lost: unsubscribed first, and subscribed after a snapshot from its head', () => {
    const follows = following(5);
    expect(follows.lose('main', 9, 'gap')).toEqual({ is: 'resync', location: 'main', head: 9, reason: 'gap' });
    expect(follows.lose('main', 9, 'server')).toBeNull();
    expect(follows.take('main', 6)).toBe('not_followed');
    expect(follows.commands()).toEqual({ unsubscribe: ['main'], subscribe: [] });
    follows.want(['main'], { main: 12 }, 'e1');
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: ['main'], resume: { epoch: 'e1', after: { main: 12 } } });
    expect(follows.subscribed({ heads: { main: 12 }, refused: {} })).toEqual([{ is: 'following', location: 'main', fresh: false }]);
    expect(follows.take('main', 13)).toBe('deliver');
  });

  test('a snapshot of another history is no position', () => {
    const follows = following(5);
    follows.lose('main', 9, 'server');
    follows.want(['main'], { main: 12 }, 'e0');
    expect(follows.commands()).toMatchObject({ subscribe: ['main'] });
    expect(follows.subscribed({ heads: { main: 12 }, refused: {} })).toEqual([{ is: 'following', location: 'main', fresh: true }]);
  });

  test("'*' once, and then all that the answer names is followed", () => {
    const follows = following();
    follows.wantAll();
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: '*' });
    expect(follows.subscribed({ heads: { main: 5, north: 0 }, refused: {} })).toEqual([{ is: 'following', location: 'north', fresh: true }]);
    expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: [] });
  });
});

test('a snapshot that came while there was no connection is where the next one goes on', () => {
  const follows = following(5);
  follows.lose('main', 9, 'server');
  follows.want(['main'], { main: 12 });
  expect(follows.opening()).toEqual({ locations: ['main'], resume: { epoch: 'e1', after: { main: 12 } } });
});

test('what was to be sent on the former connection is not sent on the next', () => {
  const follows = following(5);
  follows.leave(['main']);
  follows.opening();
  expect(follows.commands()).toEqual({ unsubscribe: [], subscribe: [] });
});

describe('heads of an acknowledged heartbeat', () => {
  test.each([
    ['all is here', 5, { main: 5 }, []],
    ['something is missing', 5, { main: 6 }, ['main']],
    ['nothing was delivered yet, so nothing can be missed', null, { main: 6 }, []],
    ['a location that nobody follows', 5, { north: 6 }, []],
  ])('%s', (_, seen, heads, behind) => {
    expect(following(seen).behind(heads as Record<string, number>)).toEqual(behind);
  });
});
