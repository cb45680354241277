/** What is honest to say of the connection. Pure. */
import type { ConnectionState } from '@footfall/realtime';

export type ConnectionWord = 'live' | 'connecting' | 'reconnecting' | 'reconnectingNow' | 'offline' | 'restarting' | 'stopped';

export interface ConnectionLook {
  word: ConnectionWord;
  color: 'green' | 'yellow' | 'red' | 'gray';
  /** Until the next attempt; null while none is planned. */
  seconds: number | null;
}

export function lookOf(state: ConnectionState, online: boolean, now: number): ConnectionLook {
  switch (state.name) {
    case 'live':
      return state.draining ? { word: 'restarting', color: 'yellow', seconds: null } : { word: 'live', color: 'green', seconds: null };
    case 'idle':
      return { word: 'connecting', color: 'gray', seconds: null };
    case 'closed':
      return { word: 'stopped', color: 'red', seconds: null };
    case 'connecting':
    case 'authenticating':
      if (!online) return { word: 'offline', color: 'red', seconds: null };
      return state.failures === 0 ? { word: 'connecting', color: 'gray', seconds: null } : { word: 'reconnectingNow', color: 'yellow', seconds: null };
    case 'waiting':
      if (!online) return { word: 'offline', color: 'red', seconds: null };
      return { word: 'reconnecting', color: 'yellow', seconds: Math.max(0, Math.ceil(((state.retryAt ?? now) - now) / 1000)) };
  }
}
