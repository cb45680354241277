/* testing/surroundings.ts: a client's surroundings over a fake server. */
import { LocalOutbox } from '../src/browser/local-outbox.ts';
import type { Surroundings } from '../src/surroundings.ts';
import type { FakeClock } from './fake-clock.ts';
import type { FakeServer } from './fake-server.ts';
import type { MemoryStore } from './memory-store.ts';
import { seeded } from './random.ts';

export function fakeSurroundings(clock: FakeClock, server: FakeServer, seed = 1, store: MemoryStore | null = null): Surroundings {
  return {
    openSocket: server.openSocket,
    url: server.url,
    clock,
    random: seeded(seed),
    ...(store === null ? {} : { storage: new LocalOutbox(store) }),
  };
}
