/* url.ts: the socket's address, made from the page's own. Never the wrong scheme: a page from https cannot open ws://,
 * and a gym's plain http page in the local network cannot open wss://. */

export const SOCKET_PATH = '/ws/checkins/';

export interface Origin {
  readonly protocol: string; // as `location.protocol`: 'http:' or 'https:'
  readonly host: string; // as `location.host`: with the port where there is one
}

/** `origin` is `window.location`, or an address such as `https://gym.example:8443` outside a browser. */
export function socketUrl(origin: Origin | string, ticket: string | null = null): string {
  const from = typeof origin === 'string' ? new URL(origin) : origin;
  const query = ticket === null ? '' : `?ticket=${encodeURIComponent(ticket)}`;
  return `${socketScheme(from.protocol)}//${from.host}${SOCKET_PATH}${query}`;
}

function socketScheme(protocol: string): 'ws:' | 'wss:' {
  switch (protocol) {
    case 'http:':
    case 'ws:':
      return 'ws:';
    case 'https:':
    case 'wss:':
      return 'wss:';
    default:
      throw new Error(`a page from ${protocol} has no server to open a socket to`);
  }
}
