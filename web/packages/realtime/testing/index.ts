/* For tests of the client and of whatever is built on it: a server in memory, and time in the test's own hand. */
export { FakeClock } from './fake-clock.ts';
export { FakeGym } from './fake-gym.ts';
export type { FakeEvent, FakeReply } from './fake-gym.ts';
export { FakeServer } from './fake-server.ts';
export type { FakeServerOptions } from './fake-server.ts';
export { MemoryStore } from './memory-store.ts';
export { seeded } from './random.ts';
export { fakeSurroundings } from './surroundings.ts';
