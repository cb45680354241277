/* react/hooks.ts: the client for components. A hook's listener may be a new function at each render: the newest is called. */
import { useCallback, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import type { ClientEvents, RealtimeClient } from '../client.ts';
import { isLiveEvent, type LiveEvent } from '../messages.ts';
import type { OutboxEntry } from '../outbox.ts';
import type { ConnectionState } from '../state.ts';
import { FootfallContext } from './provider.tsx';
import type { Shared } from './shared.ts';

function useShared(): Shared {
  const shared = useContext(FootfallContext);
  if (shared === null) {
    throw new Error('there is no FootfallProvider above this component');
  }
  return shared;
}

export function useFootfall(): RealtimeClient {
  return useShared().client;
}

/** The connection's state, as it is now. */
export function useConnection(): ConnectionState {
  const client = useFootfall();
  const listen = useCallback((changed: () => void) => client.on('state', changed), [client]);
  return useSyncExternalStore(listen, () => client.state, () => client.state);
}

/** What the device says of its network: false means surely offline, true only perhaps online. */
export function useOnline(): boolean {
  return useSyncExternalStore(listenOnline, () => navigator.onLine, () => true);
}

/** The check-ins and check-outs that are not answered yet. */
export function useWaiting(): readonly OutboxEntry[] {
  const client = useFootfall();
  const listen = useCallback((changed: () => void) => client.on('waiting', changed), [client]);
  return useSyncExternalStore(listen, () => client.waiting, () => client.waiting);
}

/** Follows a location while mounted, and 5 s longer. Any number of components may follow the same. null: none. */
export function useFollow(location: string | null): void {
  const { counts } = useShared();
  useEffect(() => (location === null ? undefined : counts.follow(location)), [counts, location]);
}

/** Hears one of the client's events while mounted. */
export function useListener<K extends keyof ClientEvents>(name: K, listener: (value: ClientEvents[K]) => void): void {
  const client = useFootfall();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  }, [listener]);
  useEffect(() => client.on(name, (value) => latest.current(value)), [client, name]);
}

/** Hears the check-ins, check-outs, refusals and corrections of a location; without one, of all that are followed. */
export function useEvents(listener: (event: LiveEvent) => void, location?: string): void {
  useListener('event', (event) => {
    if (isLiveEvent(event) && (location === undefined || event.payload.location === location)) {
      listener(event);
    }
  });
}

function listenOnline(changed: () => void): () => void {
  window.addEventListener('online', changed);
  window.addEventListener('offline', changed);
  return () => {
    window.removeEventListener('online', changed);
    window.removeEventListener('offline', changed);
  };
}
