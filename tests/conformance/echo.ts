// A running ws-echo, and how one case of the tables is carried out: its bytes are sent whole, cut at each frame, and one by one.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Frame, type FrameOptions, OPCODE, Raw, frame, upgradeRequest } from "../support/raw.ts";

const root = resolve(import.meta.dirname, "../..");
const program = resolve(root, process.env.WS_ECHO ?? "build/ws-echo");
const END_MS = 10_000;
/** Longer scripts are not sent byte by byte. */
const TRICKLE_BYTES_MAX = 600;

export class Echo {
  port = 0;
  stderr = "";
  #child: ChildProcess | undefined;
  readonly #args: string[];

  private constructor(args: string[]) {
    this.#args = args;
  }

  /** For a whole test file: started before its tests, ended with status 0 and without a sanitizer's word after them. */
  static forThisFile(...args: string[]): Echo {
    const echo = new Echo(args);
    beforeAll(() => echo.#start());
    afterAll(() => echo.#stop());
    return echo;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async #start(): Promise<void> {
    const child = spawn(program, ["127.0.0.1:0", ...this.#args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (said: string) => (this.stderr += said));
    const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
    this.port = Number(/^ready wss?:\/\/127\.0\.0\.1:(\d+)\n$/.exec(line)?.[1]);
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(this.stderr).toBe("");
  }

  /** An upgraded connection, and what the server answered to the offer of extensions. */
  async open(offer = ""): Promise<{ raw: Raw; extensions: string }> {
    const raw = await Raw.connect(this);
    raw.write(upgradeRequest(this, "/", { "Sec-WebSocket-Extensions": offer }));
    const head = await raw.httpHead();
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    return { raw, extensions: /^sec-websocket-extensions: (.*)\r$/im.exec(head)?.[1] ?? "" };
  }
}

// --- Frames, as the tables write them ---

export type More = Omit<FrameOptions, "payload" | "opcode">;
export const text = (payload: Buffer | string, more: More = {}): Buffer => frame({ opcode: OPCODE.text, payload, ...more });
export const binary = (payload: Buffer | string, more: More = {}): Buffer => frame({ opcode: OPCODE.binary, payload, ...more });
export const more = (payload: Buffer | string, options: More = {}): Buffer => frame({ opcode: OPCODE.continuation, payload, ...options });
export const ping = (payload: Buffer | string = "", options: More = {}): Buffer => frame({ opcode: OPCODE.ping, payload, ...options });
export const pong = (payload: Buffer | string = "", options: More = {}): Buffer => frame({ opcode: OPCODE.pong, payload, ...options });
export const closePayload = (code: number, reason: Buffer | string = ""): Buffer => Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]);
export const close = (code: number, reason: Buffer | string = "", options: More = {}): Buffer => frame({ opcode: OPCODE.close, payload: closePayload(code, reason), ...options });
export const closeEmpty = (): Buffer => frame({ opcode: OPCODE.close });

/** The first frame of a message, to be followed by more(). */
export const begin = { fin: false } as const;

// --- What comes back ---

export interface Message {
  kind: "text" | "binary" | "pong";
  payload: Buffer;
}
export const aText = (payload: Buffer | string): Message => ({ kind: "text", payload: Buffer.from(payload) });
export const aBinary = (payload: Buffer | string): Message => ({ kind: "binary", payload: Buffer.from(payload) });
export const aPong = (payload: Buffer | string = ""): Message => ({ kind: "pong", payload: Buffer.from(payload) });

export interface Case {
  /** The clause, then a sentence. */
  name: string;
  send: Buffer[];
  /** All that comes back, in this order. */
  gives?: Message[];
  /** The code of the server's Close; undefined: the connection stays, and ends by our Close. */
  closes?: number | undefined;
  reason?: string;
  /** Sec-WebSocket-Extensions; the answer must take it. */
  offer?: string;
  /** The biggest window that the server may use towards us. */
  windowBits?: number;
}

export type Delivery = "in one packet" | "frame by frame" | "byte by byte";

async function deliver(raw: Raw, send: Buffer[], how: Delivery): Promise<void> {
  if (how === "in one packet") raw.write(Buffer.concat(send));
  if (how === "byte by byte") return raw.trickle(Buffer.concat(send));
  if (how !== "frame by frame") return;
  for (const one of send) {
    raw.write(one);
    await setImmediate();
  }
}

/** A server's frame as a message: unfragmented, uncompressed here, without bits that nobody agreed on. */
export function read(got: Frame, compressed: boolean, windowBits = 15): Message {
  const isData = got.opcode === OPCODE.text || got.opcode === OPCODE.binary;
  expect(got.fin).toBe(true);
  expect(got.rsv & ~(compressed && isData ? 4 : 0)).toBe(0);
  const payload = got.rsv === 4 ? inflated(got.payload, windowBits) : got.payload;
  if (got.opcode === OPCODE.text) return { kind: "text", payload };
  if (got.opcode === OPCODE.binary) return { kind: "binary", payload };
  expect(got.opcode).toBe(OPCODE.pong);
  expect(payload.length).toBeLessThan(126);
  return { kind: "pong", payload };
}

/** RFC 7692 7.2.2, each message with a fresh window: the server never takes its context over. */
function inflated(payload: Buffer, windowBits: number): Buffer {
  return inflateRawSync(Buffer.concat([payload, Buffer.of(0, 0, 0xff, 0xff)]), { windowBits, finishFlush: 2 });
}

export async function carryOut(echo: Echo, one: Case, how: Delivery): Promise<void> {
  const { raw, extensions } = await echo.open(one.offer);
  if (one.offer) expect(extensions).toMatch(/^permessage-deflate/);
  else expect(extensions).toBe("");
  try {
    const sent = deliver(raw, one.send, how);
    for (const expected of one.gives ?? []) {
      const got = read(await raw.frame(), one.offer !== undefined, one.windowBits);
      expect(got.kind).toBe(expected.kind);
      // Not toEqual: of 64 MiB it would print the difference.
      expect(got.payload.length).toBe(expected.payload.length);
      expect(got.payload.equals(expected.payload)).toBe(true);
    }
    await sent;
    if (one.closes === undefined) raw.write(close(1000, "bye"));
    const last = await raw.frame();
    expect(last.opcode).toBe(OPCODE.close);
    expect(last.fin).toBe(true);
    expect(last.rsv).toBe(0);
    expect(last.payload.length).toBeLessThan(126);
    const code = last.payload.length === 0 ? 1005 : last.payload.readUInt16BE(0);
    expect(code).toBe(one.closes ?? 1000);
    if (one.closes === undefined) expect(last.payload.subarray(2).toString()).toBe("bye");
    if (one.reason !== undefined) expect(last.payload.subarray(2).toString()).toBe(one.reason);
    // RFC 6455 7.1.1: the server closes the TCP connection first, and in order.
    await raw.end(END_MS);
    expect(raw.bytes.length).toBe(0);
    expect(raw.reset).toBe(false);
  } finally {
    raw.destroy();
  }
}

/** Each case in each way of delivering it. */
export function cases(echo: Echo, table: Case[]): void {
  for (const one of table) {
    const bytes = one.send.reduce((sum, each) => sum + each.length, 0);
    const ways: Delivery[] = ["in one packet"];
    if (one.send.length > 1) ways.push("frame by frame");
    if (bytes <= TRICKLE_BYTES_MAX) ways.push("byte by byte");
    for (const way of ways) test(`${one.name} (${way})`, () => carryOut(echo, one, way));
  }
}
