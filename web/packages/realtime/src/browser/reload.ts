/* browser/reload.ts: "this app is too old" (4406) reloads the page once, not for ever: the mark that it was done lies in
 * the tab's storage until a connection is live again. */

const MARK = 'footfall.reloaded';

export interface MarkStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export function reloadOnce(store: MarkStore, reload: () => void): void {
  if (store.getItem(MARK) === null) {
    store.setItem(MARK, 'yes');
    reload();
  }
}

export function reloadWorked(store: MarkStore): void {
  store.removeItem(MARK);
}
