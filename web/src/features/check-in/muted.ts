/** Whether this device keeps quiet; kept on the device, since it is about its room and not about a person. */
import { useSyncExternalStore } from 'react';

const storageKey = 'footfall-sound';
const listeners = new Set<() => void>();

export const isMuted = (): boolean => localStorage.getItem(storageKey) === 'off';

export function setMuted(muted: boolean): void {
  localStorage.setItem(storageKey, muted ? 'off' : 'on');
  listeners.forEach((listener) => listener());
}

export function useMuted(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, isMuted);
}
