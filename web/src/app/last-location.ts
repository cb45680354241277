/** Where this device's desk stands: the address forgets it when the browser is closed, a front desk does not move. */
import { useEffect } from 'react';

const storageKey = 'footfall-location';

export function useLastLocation(current: string | null): string | null {
  useEffect(() => {
    if (current !== null) localStorage.setItem(storageKey, current);
  }, [current]);
  return localStorage.getItem(storageKey);
}
