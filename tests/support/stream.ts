// A reader of server-sent events over fetch (WHATWG HTML 9.2), as a page on a network without WebSockets would have it.
import type { Message } from "./client.ts";
import { checkMessage } from "./schema.ts";
import type { Server } from "./server.ts";

const WAIT_MS = 10_000;

export interface StreamOptions {
  token?: string;
  locations?: string;
  lastId?: string;
}

export class Stream {
  readonly messages: Message[] = [];
  readonly ids: string[] = [];
  lastId = "";
  retry: number | undefined;
  ended = false;
  readonly response: Response;
  readonly #stop: AbortController;
  #fault: unknown;
  #wake: (() => void)[] = [];

  private constructor(response: Response, stop: AbortController) {
    this.response = response;
    this.#stop = stop;
    void this.#read();
  }

  static async open(server: Server, { token, locations, lastId }: StreamOptions): Promise<Stream> {
    const stop = new AbortController();
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (token !== undefined) headers.Authorization = `Bearer ${token}`;
    if (lastId !== undefined) headers["Last-Event-ID"] = lastId;
    const query = locations === undefined ? "" : `?locations=${encodeURIComponent(locations)}`;
    return new Stream(await fetch(`${server.origin}/api/v1/events${query}`, { headers, signal: stop.signal }), stop);
  }

  async until(done: () => boolean, what: string): Promise<void> {
    const late = Date.now() + WAIT_MS;
    while (!done()) {
      if (this.#fault) throw this.#fault as Error;
      if (Date.now() > late) throw new Error(`no ${what} within ${WAIT_MS} ms; there was ${JSON.stringify(this.messages.map((message) => message.type))}`);
      await new Promise<void>((wake) => {
        this.#wake.push(wake);
        setTimeout(wake, 50);
      });
    }
  }

  async next(type: string): Promise<Message> {
    let found: Message | undefined;
    await this.until(() => (found = this.messages.find((message) => message.type === type)) !== undefined, type);
    return found as Message;
  }

  seqs(location: string): number[] {
    return this.messages.filter((message) => typeof message.payload?.seq === "number" && message.payload.location === location).map((message) => message.payload.seq as number);
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(): Promise<void> {
    let text = "";
    try {
      const decoder = new TextDecoder();
      for await (const bytes of this.response.body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(bytes, { stream: true });
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          this.#take(text.slice(0, end).split("\n"));
          text = text.slice(end + 2);
        }
        for (const wake of this.#wake.splice(0)) wake();
      }
    } catch (error) {
      if (!this.#stop.signal.aborted && !(error instanceof TypeError)) this.#fault = error;
    }
    this.ended = true;
    for (const wake of this.#wake.splice(0)) wake();
  }

  #take(lines: string[]): void {
    for (const line of lines) {
      const [name, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).replace(/^ /, "")];
      if (name === "id") this.lastId = value;
      else if (name === "retry") this.retry = Number(value);
      else if (name === "data") {
        const message = JSON.parse(value) as Message;
        this.ids.push(this.lastId);
        this.messages.push(message);
        checkMessage(message);
      }
    }
  }
}
