// A socket client that nobody here wrote (`ws`), which keeps every message it was sent.
import type { IncomingMessage } from "node:http";
import WebSocket from "ws";
import { checkMessage } from "./schema.ts";
import type { Server } from "./server.ts";

export interface Message {
  type: string;
  id?: string;
  // The tests state what should be in there; the schemas of docs/api check the rest.
  payload: any;
}

export interface OpenOptions {
  /** `?token=` */
  token?: string;
  /** `?ticket=` */
  ticket?: string;
  /** `Authorization: Bearer` */
  bearer?: string;
  origin?: string;
  host?: string;
  path?: string;
}

export interface Closed {
  code: number;
  reason: string;
}

const LOG_TYPES = new Set(["member_checked_in", "member_checked_out", "check_in_denied", "visit_corrected", "event_hidden"]);
const WAIT_MS = 10_000;

// Ids are one space for all connections of a user, so they are unique over all clients.
let requests = 0;
const nextRequestId = (): string => `${process.pid}-${requests++}`;

export const isEvent = (message: Message): boolean => LOG_TYPES.has(message.type);

export class Client {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  readonly closed: Promise<Closed>;
  #taken = new Set<Message>();
  #wake: (() => void)[] = [];
  #end: Closed | undefined;
  /** A message that is not as the documents say: whoever waits next is told. */
  #fault: unknown;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data, binary) => {
      try {
        if (binary) throw new Error("a binary message");
        const message = JSON.parse((data as Buffer).toString("utf8")) as Message;
        this.messages.push(message);
        checkMessage(message);
      } catch (error) {
        this.#fault ??= error;
      }
      this.#notify();
    });
    socket.on("error", () => undefined); // what happened is told by `closed`
    this.closed = new Promise((resolve) =>
      socket.on("close", (code, reason) => {
        this.#end = { code, reason: reason.toString("utf8") };
        resolve(this.#end);
        this.#notify();
      }),
    );
  }

  /** Resolves once the upgrade is done; rejects with the HTTP answer's status where it is refused. */
  static async open(server: Server, options: OpenOptions = {}): Promise<Client> {
    const socket = Client.#socket(server, options);
    const client = new Client(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
      socket.once("unexpected-response", (_request, response: IncomingMessage) => {
        response.resume();
        reject(new Refused(response.statusCode ?? 0, response.headers));
      });
    });
    return client;
  }

  /** In by `?token=`: follows all its locations at once. */
  static async following(server: Server, token: string): Promise<Client> {
    const client = await Client.open(server, { token });
    await client.next("authentication_success");
    await client.next("initial_stats");
    return client;
  }

  static #socket(server: Server, { token, ticket, bearer, origin, host, path = "/ws/checkins/" }: OpenOptions): WebSocket {
    const url = new URL(path, server.origin.replace("http", "ws"));
    if (token !== undefined) url.searchParams.set("token", token);
    if (ticket !== undefined) url.searchParams.set("ticket", ticket);
    const headers: Record<string, string> = {};
    if (bearer !== undefined) headers["Authorization"] = `Bearer ${bearer}`;
    if (host !== undefined) headers["Host"] = host;
    return new WebSocket(url, { headers, perMessageDeflate: false, ...(origin === undefined ? {} : { origin }) });
  }

  /** Sends as it is: for what is no good message. */
  raw(text: string | Buffer): void {
    this.socket.send(text);
  }

  send(type: string, payload: unknown = {}, id?: string): void {
    this.raw(JSON.stringify({ type, ...(id === undefined ? {} : { id }), payload }));
  }

  /** Sends with an id (made up where none is given) and waits for the reply that repeats it. */
  async request(type: string, payload: unknown = {}, id = nextRequestId()): Promise<Message> {
    this.send(type, payload, id);
    return this.#take((message) => message.id === id, `the reply to ${type} ${id}`);
  }

  /** The next message of this type that no one has taken yet; waits for it. */
  next(type: string, where: (message: Message) => boolean = () => true, ms = WAIT_MS): Promise<Message> {
    return this.#take((message) => message.type === type && where(message), type, ms);
  }

  /** The next message of any type that no one has taken yet. */
  first(ms = WAIT_MS): Promise<Message> {
    return this.#take(() => true, "message", ms);
  }

  /** All events of the location's log, in the order they came, taken or not. */
  events(location?: string): Message[] {
    return this.messages.filter((message) => isEvent(message) && (location === undefined || message.payload.location === location));
  }

  seqs(location: string): number[] {
    return this.events(location).map((event) => event.payload.seq as number);
  }

  /** Waits until everything that the server had queued for us before now is here. */
  async settled(): Promise<Message> {
    return this.request("heartbeat", {});
  }

  async until(condition: () => boolean, what: string, ms = WAIT_MS): Promise<void> {
    const deadline = Date.now() + ms;
    for (;;) {
      if (this.#fault) {
        const fault = this.#fault;
        this.#fault = undefined;
        throw fault;
      }
      if (condition()) return;
      if (this.#end) throw new Error(`closed with ${this.#end.code} ${this.#end.reason} while waiting for ${what}; ${this.#seen()}`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${what} within ${ms} ms; ${this.#seen()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async close(): Promise<Closed> {
    this.socket.close(1000);
    return this.closed;
  }

  /** Cuts the connection without a word. */
  drop(): Promise<Closed> {
    this.socket.terminate();
    return this.closed;
  }

  async #take(matches: (message: Message) => boolean, what: string, ms = WAIT_MS): Promise<Message> {
    let found: Message | undefined;
    await this.until(() => (found = this.messages.find((message) => !this.#taken.has(message) && matches(message))) !== undefined, what, ms);
    if (!found) throw new Error(what);
    this.#taken.add(found);
    return found;
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #seen(): string {
    return `got: ${this.messages.slice(-8).map((message) => JSON.stringify(message).slice(0, 200)).join("\n  ")}`;
  }
}

/** An upgrade that was answered by HTTP. */
export class Refused extends Error {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  constructor(status: number, headers: IncomingMessage["headers"]) {
    super(`the upgrade was refused with ${status}`);
    this.status = status;
    this.headers = headers;
  }
}
