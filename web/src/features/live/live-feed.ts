/**
 * From the socket into the query cache. Events are gathered and applied once a frame; what arrives while a snapshot is on its way waits here
 * and is applied to it, so that a busy house never chases its own tail.
 */
import type { RealtimeClient, Stats } from '@footfall/realtime';
import type { QueryClient } from '@tanstack/react-query';
import { applyEvents, applyStats } from './apply-event.ts';
import type { LiveState, LogEvent } from './live-state.ts';

/** Calls back before the next paint, or soon where nothing is painted (a hidden tab). Returns what calls it off. */
export type Frame = (run: () => void) => () => void;

export const snapshotKey = (slug: string) => ['snapshot', slug] as const;

const keptEvents = 1000;

interface Stream {
  events: LogEvent[];
  stats: Stats | null;
}

export class LiveFeed {
  readonly #client: RealtimeClient;
  readonly #cache: QueryClient;
  readonly #frame: Frame;
  readonly #streams = new Map<string, Stream>();
  readonly #changed = new Set<string>();
  readonly #turns = new Map<string, number>();
  #epoch: string | null = null;
  #callOff: (() => void) | null = null;

  constructor(client: RealtimeClient, cache: QueryClient, frame: Frame = nextFrame) {
    this.#client = client;
    this.#cache = cache;
    this.#frame = frame;
  }

  /** Listens until the returned function is called. */
  start(): () => void {
    const ends = [
      this.#client.on('welcome', ({ epoch }) => this.#enter(epoch)),
      this.#client.on('event', (event) => this.#take(event.payload.location, (stream) => void stream.events.push(event))),
      this.#client.on('stats', (stats) => this.#take(stats.location, (stream) => void (stream.stats = stats))),
      this.#client.on('following', ({ location, fresh }) => {
        this.#turn(location);
        if (fresh) this.#refetch(location);
      }),
      this.#client.on('resync', ({ location }) => void this.#catchUp(location)),
    ];
    return () => {
      ends.forEach((end) => end());
      this.#callOff?.();
      this.#callOff = null;
    };
  }

  /** A snapshot has just come: adds what was heard since the moment it is of. */
  merge(slug: string, snapshot: LiveState): LiveState {
    const stream = this.#streams.get(slug);
    return stream === undefined ? snapshot : advance(snapshot, stream).state;
  }

  /** Another history: what was heard of the former one says nothing about it. */
  #enter(epoch: string): void {
    if (this.#epoch !== null && this.#epoch !== epoch) this.#streams.clear();
    this.#epoch = epoch;
  }

  #take(slug: string, put: (stream: Stream) => void): void {
    const stream = this.#streams.get(slug) ?? { events: [], stats: null };
    this.#streams.set(slug, stream);
    put(stream);
    if (stream.events.length > keptEvents) stream.events.splice(0, stream.events.length - keptEvents);
    this.#changed.add(slug);
    this.#callOff ??= this.#frame(() => this.#flush());
  }

  #flush(): void {
    this.#callOff = null;
    for (const slug of this.#changed) this.#apply(slug);
    this.#changed.clear();
  }

  #apply(slug: string): void {
    const state = this.#cache.getQueryData<LiveState>(snapshotKey(slug));
    const stream = this.#streams.get(slug);
    if (state === undefined || stream === undefined) return;
    const applied = advance(state, stream);
    if (applied.state !== state) this.#cache.setQueryData(snapshotKey(slug), applied.state);
    if (applied.gap) this.#refetch(slug);
  }

  #refetch(slug: string): void {
    // One that is on its way already was asked before this was known: it may be too old, so it is asked again.
    void this.#cache.invalidateQueries({ queryKey: snapshotKey(slug) });
  }

  /** The client has stopped listening to this location: a snapshot first, then on from there. */
  async #catchUp(slug: string): Promise<void> {
    this.#streams.delete(slug);
    const turn = this.#turn(slug);
    // Also where no page shows it now: what the cache holds is what the next page begins with.
    await this.#cache.invalidateQueries({ queryKey: snapshotKey(slug), refetchType: 'all' });
    if (this.#turns.get(slug) !== turn) return;
    const state = this.#cache.getQueryData<LiveState>(snapshotKey(slug));
    this.#client.subscribe([slug], state === undefined ? {} : { after: { [slug]: state.seq }, epoch: state.epoch });
  }

  /** The newest word of the client on a location counts; a fetch begun before it is forgotten. */
  #turn(slug: string): number {
    const turn = (this.#turns.get(slug) ?? 0) + 1;
    this.#turns.set(slug, turn);
    return turn;
  }
}

function advance(state: LiveState, stream: Stream): { state: LiveState; gap: boolean } {
  const applied = applyEvents(state, stream.events);
  return stream.stats === null ? applied : { ...applied, state: applyStats(applied.state, stream.stats) };
}

/** A hidden tab gets no frames, also one that is hidden while it waits for one: a timer runs beside. */
const nextFrame: Frame = (run) => {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, 500);
  return () => {
    done = true;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
};
