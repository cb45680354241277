/* testing/fake-network.ts: sockets between a client and a fake server, with a latency and without loss or disorder, as
 * TCP has it, until they are cut: then what is on its way, in either direction, never arrives. */
import type { Clock, Socket, SocketHandlers } from '../src/surroundings.ts';

export interface WireHandlers {
  readonly toServer: (text: string) => void;
  readonly clientClosed: () => void;
}

/** One connection, as the server's side holds it. */
export class FakeWire {
  readonly #clock: Clock;
  readonly #latency: () => number;
  readonly #client: SocketHandlers;
  readonly #lastArrival = { up: 0, down: 0 };
  #server: WireHandlers | null = null;
  #down = true; // the way to the client is open
  #up = true;

  constructor(clock: Clock, latency: () => number, client: SocketHandlers) {
    this.#clock = clock;
    this.#latency = latency;
    this.#client = client;
  }

  /** The upgrade was accepted. */
  accept(handlers: WireHandlers): void {
    this.#server = handlers;
    this.#later('down', () => this.#client.opened());
  }

  send(message: object): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.#later('down', () => this.#client.message(text));
  }

  /** The server's Close, after everything sent before. */
  close(code: number, reason = ''): void {
    this.#up = false;
    this.#later('down', () => this.#end(code, reason));
  }

  /** Both sides lose what is on its way; the client hears 1006. */
  cut(): void {
    this.#up = false;
    if (this.#down) {
      this.#down = false;
      this.#clock.after(0, () => this.#client.closed(1006, ''));
    }
  }

  /** Nothing arrives any more, and nobody says so: a dead network, a server that hangs. */
  goSilent(): void {
    this.#up = this.#down = false;
  }

  /** What the client holds. */
  readonly socket: Socket = {
    send: (text) => this.#later('up', () => this.#server?.toServer(text)),
    close: () => {
      this.#down = false;
      this.#later('up', () => {
        this.#up = false;
        this.#server?.clientClosed();
      });
    },
  };

  #end(code: number, reason: string): void {
    this.#down = false;
    this.#client.closed(code, reason);
  }

  #later(way: 'up' | 'down', arrive: () => void): void {
    const at = Math.max(this.#lastArrival[way], this.#clock.now() + this.#latency());
    this.#lastArrival[way] = at;
    this.#clock.after(at - this.#clock.now(), () => {
      if (way === 'up' ? this.#up : this.#down) {
        arrive();
      }
    });
  }
}
