/* The client's surroundings in a browser's page. */
export { LocalOutbox } from './local-outbox.ts';
export type { KeyValueStore } from './local-outbox.ts';
export { pageSurroundings, strongRandom, systemClock } from './surroundings.ts';
export type { PageOptions } from './surroundings.ts';
export { watchPage } from './watch-page.ts';
export { webSocketFactory } from './websocket.ts';
export type { WebSocketLike } from './websocket.ts';
