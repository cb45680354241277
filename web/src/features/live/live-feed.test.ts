import type { ClientEvents, RealtimeClient } from '@footfall/realtime';
import { QueryObserver } from '@tanstack/react-query';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveFeed, snapshotKey } from './live-feed.ts';
import type { LiveState } from './live-state.ts';
import { createQueryClient } from '@/shared/query-client.ts';
import { checkedIn, hidden, liveState } from '@/testing/events.ts';

/** The part of the client that the feed listens to, in the test's hand. */
class Wire {
  readonly #listeners = new Map<string, ((value: never) => void)[]>();
  readonly subscribe = vi.fn();
  on = (name: string, listener: (value: never) => void) => {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return () => this.#listeners.set(name, (this.#listeners.get(name) ?? []).filter((each) => each !== listener));
  };
  say(name: keyof ClientEvents, value: unknown): void {
    this.#listeners.get(name)?.forEach((listener) => listener(value as never));
  }
}

let wire: Wire;
let frames: (() => void)[];
let feed: LiveFeed;
let end: () => void;
let cache: ReturnType<typeof createQueryClient>;
let fetches: ((state: LiveState) => void)[];

beforeEach(() => {
  wire = new Wire();
  frames = [];
  fetches = [];
  cache = createQueryClient();
  const frame = (run: () => void) => {
    frames.push(run);
    return () => void (frames = frames.filter((each) => each !== run));
  };
  feed = new LiveFeed(wire as unknown as RealtimeClient, cache, frame);
  end = feed.start();
});

/** A page looks at the location; each fetch waits for the test to answer it. */
function watch() {
  const observer = new QueryObserver<LiveState>(cache, {
    queryKey: snapshotKey('main'),
    queryFn: async () => feed.merge('main', await new Promise<LiveState>((resolve) => fetches.push(resolve))),
    staleTime: Infinity,
    structuralSharing: false,
  });
  return observer.subscribe(() => undefined);
}

const paint = () => frames.splice(0).forEach((run) => run());
const shown = () => cache.getQueryData<LiveState>(snapshotKey('main'));
async function answer(state: LiveState): Promise<void> {
  await vi.waitFor(() => expect(fetches).not.toHaveLength(0));
  fetches.shift()?.(state);
  await vi.waitFor(() => expect(cache.isFetching()).toBe(fetches.length > 0 ? 1 : 0));
}

describe('the live feed', () => {
  it('applies what it gathered once a frame', async () => {
    watch();
    await answer(liveState());
    const states = new Set<LiveState | undefined>();
    cache.getQueryCache().subscribe(() => states.add(shown()));
    for (let seq = 1; seq <= 50; seq += 1) wire.say('event', checkedIn(seq, seq));
    expect(shown()?.seq).toBe(0);
    expect(frames).toHaveLength(1);
    paint();
    expect(shown()?.seq).toBe(50);
    expect(states.size).toBe(1);
  });

  it('adds to a snapshot what came while it was on its way', async () => {
    watch();
    wire.say('event', checkedIn(8, 8));
    wire.say('event', checkedIn(9, 9));
    wire.say('event', hidden(10));
    paint();
    await answer(liveState({ seq: 8 }));
    expect(shown()?.seq).toBe(10);
    expect(shown()?.present.map(({ member }) => member.id)).toEqual([9]);
  });

  it('fetches again after a gap, and is whole then', async () => {
    watch();
    await answer(liveState());
    wire.say('event', checkedIn(3, 3));
    paint();
    await answer(liveState({ seq: 3 }));
    wire.say('event', checkedIn(4, 4));
    paint();
    expect(shown()?.seq).toBe(4);
    expect(fetches).toHaveLength(0);
  });

  it('fetches when the client follows afresh, not when it goes on', async () => {
    watch();
    await answer(liveState());
    wire.say('following', { is: 'following', location: 'main', fresh: false });
    expect(cache.isFetching()).toBe(0);
    wire.say('following', { is: 'following', location: 'main', fresh: true });
    await answer(liveState({ seq: 7 }));
    expect(shown()?.seq).toBe(7);
  });

  it('after a resync subscribes from where the new snapshot stands', async () => {
    watch();
    await answer(liveState());
    wire.say('resync', { is: 'resync', location: 'main', head: 90, reason: 'server' });
    expect(wire.subscribe).not.toHaveBeenCalled();
    await answer(liveState({ seq: 92, epoch: 'e2' }));
    await vi.waitFor(() => expect(wire.subscribe).toHaveBeenCalledExactlyOnceWith(['main'], { after: { main: 92 }, epoch: 'e2' }));
  });

  it('forgets a resync whose fetch was overtaken by a newer word', async () => {
    watch();
    await answer(liveState());
    wire.say('resync', { is: 'resync', location: 'main', head: 90, reason: 'server' });
    wire.say('following', { is: 'following', location: 'main', fresh: true });
    await vi.waitFor(() => expect(fetches.length).toBeGreaterThan(0));
    fetches.splice(0).forEach((resolve) => resolve(liveState({ seq: 95 })));
    await vi.waitFor(() => expect(cache.isFetching()).toBe(0));
    expect(wire.subscribe).not.toHaveBeenCalled();
  });

  it('does not mix two histories', async () => {
    watch();
    wire.say('welcome', { epoch: 'e1' });
    wire.say('event', checkedIn(9, 9));
    wire.say('welcome', { epoch: 'e2' });
    await answer(liveState({ seq: 8, epoch: 'e2' }));
    expect(shown()?.seq).toBe(8);
  });

  it('takes the figures with the events', async () => {
    watch();
    await answer(liveState());
    wire.say('event', checkedIn(1, 1));
    wire.say('stats', { ...liveState().stats, as_of_seq: 1, check_ins_today: 5 });
    paint();
    expect(shown()?.stats.check_ins_today).toBe(5);
  });

  it('is silent once it has ended', async () => {
    watch();
    await answer(liveState());
    wire.say('event', checkedIn(1, 1));
    end();
    paint();
    wire.say('event', checkedIn(2, 2));
    paint();
    expect(shown()?.seq).toBe(0);
  });
});
