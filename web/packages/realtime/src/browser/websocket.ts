/* browser/websocket.ts: the browser's WebSocket (or any with its face, such as `ws` in Node) as a Socket. */
import type { SocketFactory } from '../surroundings.ts';

/** The part of the DOM's WebSocket that is used. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export function webSocketFactory(create: (url: string) => WebSocketLike = (url) => new WebSocket(url)): SocketFactory {
  return (url, handlers) => {
    const socket = create(url);
    const forget = () => {
      socket.onopen = socket.onmessage = socket.onclose = null;
    };
    socket.onopen = () => handlers.opened();
    // Binary is no message of the contract; as text it is malformed, and counted as such.
    socket.onmessage = ({ data }: { readonly data: unknown }) => handlers.message(typeof data === 'string' ? data : '');
    socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) => {
      forget();
      handlers.closed(code, reason);
    };
    socket.onerror = () => undefined; // a close with its code follows, which says more; unheard, `ws` would throw it
    return {
      send: (text) => socket.send(text),
      close: (code) => {
        forget();
        socket.close(code);
      },
    };
  };
}
