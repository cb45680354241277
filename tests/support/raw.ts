// A TCP connection that may say anything: half handshakes, broken frames, bytes one at a time.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import type { Server } from "./server.ts";

/** All that is needed of a server here. */
export type Listening = Pick<Server, "port">;

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  opcode?: number;
  fin?: boolean;
  rsv?: number;
  /** false: unmasked, which a server must refuse. */
  masked?: boolean;
  /** Four bytes; random by default. */
  mask?: Buffer;
  payload?: Buffer | string;
  /** The length's form: by default the shortest. */
  lengthBytes?: 0 | 2 | 8;
  /** What the header claims, where it is not the payload's length. */
  claims?: bigint;
}

export interface Frame {
  fin: boolean;
  rsv: number;
  opcode: number;
  payload: Buffer;
}

/** One frame's bytes, right or wrong. */
export function frame(options: FrameOptions = {}): Buffer {
  const { opcode = OPCODE.text, fin = true, rsv = 0, masked = true } = options;
  const payload = Buffer.from(options.payload ?? "");
  const length = options.claims ?? BigInt(payload.length);
  const form = options.lengthBytes ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const head = Buffer.alloc(2 + form);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (form === 0 ? Number(length) : form === 2 ? 126 : 127);
  if (form === 2) head.writeUInt16BE(Number(length), 2);
  if (form === 8) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = options.mask ?? randomBytes(4);
  const body = Buffer.from(payload);
  for (let at = 0; at < body.length; at++) body[at] = (body[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return Buffer.concat([head, mask, body]);
}

export class Raw {
  readonly socket: Socket;
  bytes = Buffer.alloc(0);
  ended = false;
  /** It ended in a reset, not in order. */
  reset = false;
  /** Where bytes lies, with room behind it: a message of many MiB must not be copied for each packet. */
  #store = this.bytes;
  #wake: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#append(chunk);
      this.#notify();
    });
    socket.on("error", () => (this.reset = true));
    socket.on("close", () => {
      this.ended = true;
      this.#notify();
    });
    socket.on("end", () => {
      this.ended = true;
      this.#notify();
    });
  }

  static async connect(server: Listening): Promise<Raw> {
    const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    await once(socket, "connect");
    return new Raw(socket);
  }

  /** Connects and upgrades; what follows are frames. */
  static async upgraded(server: Listening, path: string): Promise<Raw> {
    const raw = await Raw.connect(server);
    const key = randomBytes(16).toString("base64");
    raw.write(upgradeRequest(server, path, { "Sec-WebSocket-Key": key }));
    const head = await raw.httpHead();
    if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`not upgraded: ${head}`);
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    if (!new RegExp(`^sec-websocket-accept: ${accept.replace(/[+/=]/g, "\\$&")}\r$`, "im").test(head)) throw new Error(`a wrong accept key: ${head}`);
    return raw;
  }

  write(data: Buffer | string): void {
    this.socket.write(data);
  }

  /** Writes one byte a packet. */
  async trickle(data: Buffer): Promise<void> {
    for (const byte of data) {
      await new Promise<void>((resolve) => this.socket.write(Buffer.of(byte), () => setImmediate(resolve)));
    }
  }

  /** Waits for the end of an HTTP head and takes it. */
  async httpHead(): Promise<string> {
    await this.until(() => this.bytes.includes("\r\n\r\n"), "an HTTP answer");
    const end = this.bytes.indexOf("\r\n\r\n") + 4;
    const head = this.bytes.subarray(0, end).toString("latin1");
    this.bytes = this.bytes.subarray(end);
    return head;
  }

  /** An HTTP answer with its body by Content-Length. */
  async httpAnswer(): Promise<{ status: number; head: string; body: string }> {
    const head = await this.httpHead();
    const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? 0);
    await this.until(() => this.bytes.length >= length, "the answer's body");
    const body = this.bytes.subarray(0, length).toString("utf8");
    this.bytes = this.bytes.subarray(length);
    return { status: Number(head.split(" ")[1]), head, body };
  }

  /** Waits for the next frame and takes it. A masked one is an error (RFC 6455 5.1). */
  async frame(): Promise<Frame> {
    let found: { frame: Frame; length: number } | undefined;
    await this.until(() => (found = parse(this.bytes)) !== undefined, "a frame");
    if (!found) throw new Error("no frame");
    this.bytes = this.bytes.subarray(found.length);
    return found.frame;
  }

  /** Reads on until the server's Close; its code and reason. */
  async closeFrame(): Promise<{ code: number; reason: string }> {
    for (;;) {
      const next = await this.frame();
      if (next.opcode !== OPCODE.close) continue;
      return next.payload.length < 2 ? { code: 1005, reason: "" } : { code: next.payload.readUInt16BE(0), reason: next.payload.subarray(2).toString("utf8") };
    }
  }

  /** Waits until the server has closed its side. */
  async end(ms = 10_000): Promise<void> {
    await this.until(() => this.ended, "the connection's end", ms);
  }

  async until(condition: () => boolean, what: string, ms = 10_000): Promise<void> {
    const deadline = Date.now() + ms;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0 || (this.ended && what !== "the connection's end")) {
        throw new Error(`no ${what}${this.ended ? ": the connection has ended" : ` within ${ms} ms`}; there: ${this.bytes.subarray(0, 300).toString("latin1")}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  destroy(): void {
    this.socket.destroy();
  }

  #append(chunk: Buffer): void {
    const length = this.bytes.length + chunk.length;
    let start = this.bytes.byteOffset - this.#store.byteOffset;
    if (this.bytes.buffer !== this.#store.buffer || start + length > this.#store.length) {
      this.#store = Buffer.alloc(2 * length);
      this.bytes.copy(this.#store);
      start = 0;
    }
    chunk.copy(this.#store, start + this.bytes.length);
    this.bytes = this.#store.subarray(start, start + length);
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export function upgradeRequest(server: Listening, path: string, headers: Record<string, string> = {}): string {
  const all: Record<string, string> = {
    Host: `127.0.0.1:${server.port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

function parse(bytes: Buffer): { frame: Frame; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  if (second & 0x80) throw new Error("a server's frame must not be masked");
  let length = second & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  if (length < (at === 4 ? 126 : at === 10 ? 65536 : 0)) throw new Error("a length must be written in its shortest form");
  if (bytes.length < at + length) return undefined;
  const frame = { fin: (first & 0x80) !== 0, rsv: (first >> 4) & 7, opcode: first & 15, payload: Buffer.from(bytes.subarray(at, at + length)) };
  return { frame, length: at + length };
}
