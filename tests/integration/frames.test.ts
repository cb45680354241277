// RFC 6455 as a peer that breaks it would meet it: each fault has its close code, and the code arrives.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FrameOptions, OPCODE, Raw, frame } from "../support/raw.ts";
import { settings } from "../support/settings.ts";
import { Server } from "../support/server.ts";

let server: Server;
let path: string;

beforeAll(async () => {
  server = await Server.start({ members: 60, args: [settings.closeTimeout(1)] });
  path = `/ws/checkins/?token=${await server.token()}`;
});
afterAll(() => server.stop());

const heartbeat = (id: string): string => JSON.stringify({ type: "heartbeat", id, payload: {} });

async function textFrame(raw: Raw, type: string): Promise<{ id?: string; payload: unknown }> {
  for (;;) {
    const next = await raw.frame();
    if (next.opcode !== OPCODE.text) continue;
    const message = JSON.parse(next.payload.toString("utf8")) as { type: string; id?: string; payload: unknown };
    if (message.type === type) return message;
  }
}

describe("a frame that breaks the protocol closes with its code", () => {
  const cases: [string, number, FrameOptions[]][] = [
    ["an unmasked frame", 1002, [{ payload: heartbeat("a"), masked: false }]],
    ["a reserved bit", 1002, [{ payload: heartbeat("a"), rsv: 2 }]],
    ["rsv1 without compression agreed", 1002, [{ payload: heartbeat("a"), rsv: 4 }]],
    ["a reserved data opcode", 1002, [{ opcode: 3, payload: "x" }]],
    ["a reserved control opcode", 1002, [{ opcode: 11, payload: "x" }]],
    ["a continuation without a start", 1002, [{ opcode: OPCODE.continuation, payload: "x" }]],
    ["a text frame inside a fragmented one", 1002, [{ payload: "a", fin: false }, { payload: "b" }]],
    ["a fragmented ping", 1002, [{ opcode: OPCODE.ping, payload: "a", fin: false }]],
    ["a ping of 126 bytes", 1002, [{ opcode: OPCODE.ping, payload: "x".repeat(126) }]],
    ["a length longer than its form needs (16 bits)", 1002, [{ payload: heartbeat("a"), lengthBytes: 2 }]],
    ["a length longer than its form needs (64 bits)", 1002, [{ payload: heartbeat("a"), lengthBytes: 8 }]],
    ["a length with its top bit set", 1002, [{ claims: 1n << 63n, lengthBytes: 8 }]],
    ["a close of one byte", 1002, [{ opcode: OPCODE.close, payload: "x" }]],
    ["a close with a code that may not be sent", 1002, [{ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xed]) }]], // 1005
    ["a close whose reason is no UTF-8", 1007, [{ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xe8, 0xff]) }]],
    ["a binary message", 1003, [{ opcode: OPCODE.binary, payload: "{}" }]],
    ["text that is no UTF-8", 1007, [{ payload: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }]],
    ["a surrogate in UTF-8", 1007, [{ payload: Buffer.from([0xed, 0xa0, 0x80]) }]],
    ["no UTF-8 across two fragments", 1007, [{ payload: Buffer.from([0xc3]), fin: false }, { opcode: OPCODE.continuation, payload: Buffer.from([0x28]) }]],
    ["a message over 16 KiB", 1009, [{ payload: "x".repeat(16 * 1024 + 1) }]],
    ["a length over 16 KiB, before its bytes come", 1009, [{ claims: 1n << 40n, lengthBytes: 8 }]],
    ["fragments that add up to more than 16 KiB", 1009, [{ payload: "x".repeat(9000), fin: false }, { opcode: OPCODE.continuation, payload: "x".repeat(9000) }]],
  ];
  test.each(cases)("%s: %i", async (_name, code, frames) => {
    const raw = await Raw.upgraded(server, path);
    for (const options of frames) raw.write(frame(options));
    expect((await raw.closeFrame()).code).toBe(code);
    raw.write(frame({ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xe8]) }));
    await raw.end();
    raw.destroy();
  });
});

describe("after a fault the peer's Close ends the connection, not the time for it", () => {
  let patient: Server;
  beforeAll(async () => {
    patient = await Server.start({ members: 1, args: [settings.closeTimeout(60)] });
  });
  afterAll(() => patient.stop());

  const close = frame({ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xf3]) });
  const cases: [string, number, Buffer[]][] = [
    ["a binary message", 1003, [frame({ opcode: OPCODE.binary, payload: "\x88\x80{}" })]],
    ["a message over 16 KiB", 1009, [frame({ payload: "x".repeat(200_000) })]],
    ["a message over 16 KiB that comes in parts, with others behind it", 1009, [frame({ payload: "x".repeat(70_000), fin: false }), frame({ opcode: OPCODE.continuation, payload: "y".repeat(70_000) }), frame({ payload: heartbeat("a") })]],
    ["text that is no UTF-8", 1007, [frame({ payload: Buffer.from([0xff, 0x88, 0x80]) })]],
    ["a reserved opcode", 1002, [frame({ opcode: 3, payload: "\x88" })]],
  ];
  test.each(cases)("%s: %i", async (_name, code, frames) => {
    const raw = await Raw.upgraded(patient, `/ws/checkins/?token=${await patient.token()}`);
    for (const bytes of frames) raw.write(bytes);
    expect((await raw.closeFrame()).code).toBe(code);
    for (const byte of close) raw.write(Buffer.from([byte]));
    await raw.end();
    raw.destroy();
  });
});

test("a message of exactly 16 KiB is read", async () => {
  const raw = await Raw.upgraded(server, path);
  const text = heartbeat("big");
  raw.write(frame({ payload: text + " ".repeat(16 * 1024 - text.length) }));
  expect((await textFrame(raw, "heartbeat_ack")).id).toBe("big");
  raw.destroy();
});

test("a message in fragments, with a ping between them and a letter cut in two, is read whole", async () => {
  const raw = await Raw.upgraded(server, path);
  const bytes = Buffer.from(JSON.stringify({ type: "heartbeat", id: "cut", payload: { text: "ü🏋" } }));
  const cut = bytes.indexOf(0xc3) + 1;
  raw.write(frame({ payload: bytes.subarray(0, cut), fin: false }));
  raw.write(frame({ opcode: OPCODE.ping, payload: "still there?" }));
  raw.write(frame({ opcode: OPCODE.continuation, payload: bytes.subarray(cut, cut + 3), fin: false }));
  raw.write(frame({ opcode: OPCODE.continuation, payload: Buffer.alloc(0), fin: false }));
  raw.write(frame({ opcode: OPCODE.continuation, payload: bytes.subarray(cut + 3) }));
  let pong: Buffer | undefined;
  for (;;) {
    const next = await raw.frame();
    if (next.opcode === OPCODE.pong) pong = next.payload;
    if (next.opcode === OPCODE.text && next.payload.includes("heartbeat_ack")) {
      expect(next.payload.toString("utf8")).toContain("ü🏋");
      break;
    }
  }
  expect(pong?.toString()).toBe("still there?");
  raw.destroy();
});

test("bytes one a packet, and many frames in one packet, are the same messages", async () => {
  const raw = await Raw.upgraded(server, path);
  await raw.trickle(frame({ payload: heartbeat("slow") }));
  expect((await textFrame(raw, "heartbeat_ack")).id).toBe("slow");
  raw.write(Buffer.concat(Array.from({ length: 50 }, (_, at) => frame({ payload: heartbeat(`many-${at}`) }))));
  for (let at = 0; at < 50; at++) expect((await textFrame(raw, "heartbeat_ack")).id).toBe(`many-${at}`);
  raw.destroy();
});

test("many commands in one packet are decided together: few transactions, each answered", async () => {
  const transactions = async (): Promise<number> => Number(/^footfall_batches_total (\d+)$/m.exec(await (await fetch(`${server.origin}/metrics`)).text())?.[1]);
  const raw = await Raw.upgraded(server, path);
  const before = await transactions();
  const checkIn = (member: number): string => JSON.stringify({ type: "check_in", id: `together-${member}`, payload: { member_id: member, location: "north" } });
  raw.write(Buffer.concat(Array.from({ length: 50 }, (_, at) => frame({ payload: checkIn(at + 1) }))));
  const answered = new Set<string | undefined>();
  while (answered.size < 50) answered.add((await textFrame(raw, "check_in_success")).id);
  expect((await transactions()) - before).toBeLessThan(10);
  raw.destroy();
});

test("a Close is answered with its code, then the connection ends", async () => {
  const raw = await Raw.upgraded(server, path);
  raw.write(frame({ opcode: OPCODE.close, payload: Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from("done")]) }));
  expect((await raw.closeFrame()).code).toBe(1000);
  await raw.end();
  raw.destroy();
});

test("after its own Close the server reads on and discards, at most close_timeout", async () => {
  const raw = await Raw.upgraded(server, path);
  raw.write(frame({ opcode: OPCODE.binary, payload: "x" }));
  raw.write(frame({ payload: heartbeat("late") }));
  expect((await raw.closeFrame()).code).toBe(1003);
  const began = Date.now();
  await raw.end(9000); // we never answer
  expect(Date.now() - began).toBeGreaterThan(500);
  expect(raw.bytes.length).toBe(0);
  raw.destroy();
});

test("a server's frames are unmasked and unfragmented, with no reserved bit", async () => {
  const raw = await Raw.upgraded(server, path);
  for (const _ of [1, 2]) {
    const next = await raw.frame();
    expect(next).toMatchObject({ fin: true, rsv: 0, opcode: OPCODE.text });
  }
  raw.destroy();
});
