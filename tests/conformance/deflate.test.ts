// RFC 7692: permessage-deflate. Whatever a client may write is read, what it may not closes, and what comes back can be read.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ZlibOptions, constants, deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { OPCODE } from "../support/raw.ts";
import { type Case, Echo, aBinary, aPong, aText, begin, binary, carryOut, cases, close, more, ping, pong, read, text } from "./echo.ts";

const echo = Echo.forThisFile();
const offer = "permessage-deflate; client_max_window_bits";
const rsv1 = { rsv: 4 } as const;
const MIB = 1 << 20;

/** 7.2.1: a message's payload. */
function deflated(payload: Buffer | string, options: ZlibOptions = {}): Buffer {
  const bytes = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH, ...options });
  return bytes.subarray(0, bytes.length - 4);
}
const ctext = (payload: Buffer | string, options: ZlibOptions = {}): Buffer => text(deflated(payload, options), rsv1);
const cbinary = (payload: Buffer | string, options: ZlibOptions = {}): Buffer => binary(deflated(payload, options), rsv1);
const json = (length: number): string => {
  let all = "";
  for (let seq = 1; all.length < length; seq++) all += JSON.stringify({ type: "member_checked_in", payload: { seq, location: "main", member: { id: seq * 37, name: `Member ${seq}` } } });
  return all.slice(0, length);
};
/** Text that repeats itself only at this distance. */
const repeatingAt = (distance: number): string => randomBytes(distance / 2).toString("hex").repeat(3);

describe("a compressed message comes back", () => {
  const sizes = [1, 5, 16, 63, 64, 65, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072];
  cases(echo, [
    ...sizes.map((length): Case => ({ name: `text of ${length}`, offer, send: [ctext(json(length))], gives: [aText(json(length))] })),
    ...sizes.map((length): Case => {
      const payload = randomBytes(length);
      return { name: `noise of ${length}`, offer, send: [cbinary(payload)], gives: [aBinary(payload)] };
    }),
    { name: "7.2.3.1 the RFC's own Hello", offer, send: [text(Buffer.from("f248cdc9c90700", "hex"), rsv1)], gives: [aText("Hello")] },
    { name: "7.2.3.1 the same in two frames", offer, send: [text(Buffer.from("f248cd", "hex"), { ...rsv1, ...begin }), more(Buffer.from("c9c90700", "hex"))], gives: [aText("Hello")] },
    { name: "7.2.3.3 a block without compression", offer, send: [text(Buffer.from("000500faff48656c6c6f00", "hex"), rsv1)], gives: [aText("Hello")] },
    { name: "7.2.3.4 a block with BFINAL set", offer, send: [text(Buffer.from("f348cdc9c9070000", "hex"), rsv1)], gives: [aText("Hello")] },
    { name: "7.2.3.5 two blocks", offer, send: [text(Buffer.from("f248050000 00ffffcac9c90700".replace(/ /g, ""), "hex"), rsv1)], gives: [aText("Hello")] },
    { name: "7.2.3.6 an empty one", offer, send: [text(Buffer.of(0), rsv1)], gives: [aText("")] },
    { name: "an empty one as zlib writes it", offer, send: [ctext(""), cbinary("")], gives: [aText(""), aBinary("")] },
    { name: "5 an uncompressed one between", offer, send: [ctext(json(300)), text("plain"), binary("plain"), ctext(json(200))], gives: [aText(json(300)), aText("plain"), aBinary("plain"), aText(json(200))] },
    { name: "an uncompressed fragmented one", offer, send: [text("pl", begin), more("ain")], gives: [aText("plain")] },
  ]);
});

describe("7.2.1 however it was compressed", () => {
  const payload = json(20_000);
  const table: Case[] = [];
  for (let windowBits = 9; windowBits <= 15; windowBits++) table.push({ name: `a window of ${windowBits} bits`, offer, send: [ctext(payload, { windowBits })], gives: [aText(payload)] });
  for (let level = 0; level <= 9; level++) table.push({ name: `level ${level}`, offer, send: [ctext(payload, { level })], gives: [aText(payload)] });
  for (const memLevel of [1, 9]) table.push({ name: `memory level ${memLevel}`, offer, send: [ctext(payload, { memLevel })], gives: [aText(payload)] });
  for (const strategy of [constants.Z_FILTERED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED]) table.push({ name: `strategy ${strategy}`, offer, send: [ctext(payload, { strategy })], gives: [aText(payload)] });
  table.push({ name: "ended by a full flush", offer, send: [ctext(payload, { finishFlush: constants.Z_FULL_FLUSH })], gives: [aText(payload)] });
  cases(echo, table);
});

describe("6.1, 5 fragments of a compressed message", () => {
  const payload = json(3000);
  const bytes = deflated(payload);
  const pieces = (each: number): Buffer[] => {
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += each) {
      const fin = at + each >= bytes.length;
      frames.push(at === 0 ? text(bytes.subarray(0, each), { ...rsv1, fin }) : more(bytes.subarray(at, at + each), { fin }));
    }
    return frames;
  };
  cases(echo, [
    ...[1, 2, 3, 7, 100].map((each): Case => ({ name: `of ${each} bytes`, offer, send: pieces(each), gives: [aText(payload)] })),
    { name: "with pings between, which are never compressed", offer, send: pieces(100).flatMap((one, at) => (at === 1 ? [ping("now"), one] : [one])), gives: [aPong("now"), aText(payload)] },
    { name: "an empty first one", offer, send: [text("", { ...rsv1, ...begin }), more(bytes)], gives: [aText(payload)] },
    { name: "an empty last one", offer, send: [text(bytes, { ...rsv1, ...begin }), more("")], gives: [aText(payload)] },
    { name: "the bit again on a continuation closes", offer, send: [text(bytes.subarray(0, 9), { ...rsv1, ...begin }), more(bytes.subarray(9), rsv1)], closes: 1002 },
    { name: "the bit only on a continuation closes", offer, send: [text("x", begin), more(bytes, rsv1)], closes: 1002 },
  ]);
});

describe("6 the bit where it may not be", () => {
  cases(echo, [
    { name: "without an agreement", send: [ctext("hello")], closes: 1002 },
    { name: "on a ping", offer, send: [ping("x", rsv1)], closes: 1002 },
    { name: "on a pong", offer, send: [pong("x", rsv1)], closes: 1002 },
    { name: "on a Close", offer, send: [close(1000, "", rsv1)], closes: 1002 },
    { name: "RSV2 beside it", offer, send: [text(deflated("hello"), { rsv: 6 })], closes: 1002 },
    { name: "RSV3 beside it", offer, send: [text(deflated("hello"), { rsv: 5 })], closes: 1002 },
  ]);
});

describe("7.2.2 what is no compressed message closes", () => {
  const whole = deflated(json(2000));
  cases(echo, [
    { name: "bytes that are no DEFLATE", offer, send: [text(Buffer.of(0xff, 0xff, 0xff), rsv1)], closes: 1002 },
    { name: "a reserved block type", offer, send: [binary(Buffer.of(0x07, 0x00), rsv1)], closes: 1002 },
    { name: "a stored block whose length is not confirmed", offer, send: [binary(Buffer.from("000500000048656c6c6f00", "hex"), rsv1)], closes: 1002 },
    { name: "one that breaks off", offer, send: [text(whole.subarray(0, whole.length - 20), rsv1)], closes: 1002 },
    { name: "one that breaks off, and a good one after it", offer, send: [text(whole.subarray(0, 30), rsv1), ctext("good")], closes: 1002 },
    { name: "no byte at all", offer, send: [text("", rsv1)], closes: 1002 },
    { name: "plain text under the bit", offer, send: [text("Hello, world!", rsv1)], closes: 1002 },
    { name: "after a good one", offer, send: [ctext("good"), text(Buffer.of(0xff, 0xff, 0xff), rsv1)], gives: [aText("good")], closes: 1002 },
    { name: "7.1.1.2 a reference to the message before: takeover was ruled out", offer, send: takenOver(), gives: [aText(json(500))], closes: 1002 },
  ]);
});

/** The second message refers back into the first, as it would with context takeover. */
function takenOver(): Buffer[] {
  const first = json(500);
  return [ctext(first), ctext(first, { dictionary: Buffer.from(first) })];
}

describe("6455 8.1 compressed text is UTF-8 too", () => {
  cases(echo, [
    { name: "good", offer, send: [ctext("κόσμε €𝄞")], gives: [aText("κόσμε €𝄞")] },
    { name: "bad", offer, send: [ctext(Buffer.of(0xce, 0xba, 0xed, 0xa0, 0x80))], closes: 1007 },
    { name: "ending within a character", offer, send: [ctext(Buffer.of(0x61, 0xe2, 0x82))], closes: 1007 },
    { name: "not looked at in binary", offer, send: [cbinary(Buffer.of(0xed, 0xa0, 0x80))], gives: [aBinary(Buffer.of(0xed, 0xa0, 0x80))] },
  ]);
});

describe("7.1.2.1 what comes back fits into the window that was asked for", () => {
  for (let bits = 9; bits <= 15; bits++) {
    const table = [json(50_000), repeatingAt(256), repeatingAt(1 << bits), repeatingAt((1 << bits) - 260), repeatingAt(2 << bits)];
    test(`${bits} bits`, async () => {
      const asked = `permessage-deflate; server_max_window_bits=${bits}`;
      for (const payload of table) await carryOut(echo, { name: "", offer: asked, windowBits: bits, send: [ctext(payload)], gives: [aText(payload)] }, "in one packet");
    });
  }
});

describe("7.1.1.1 what comes back needs nothing of the message before", () => {
  test("a hundred alike, each read with a fresh window", async () => {
    const payload = json(1000);
    const { raw } = await echo.open("permessage-deflate; server_no_context_takeover");
    raw.write(Buffer.concat(Array.from({ length: 100 }, () => ctext(payload))));
    let compressed = 0;
    for (let at = 0; at < 100; at++) {
      const got = await raw.frame();
      compressed += got.rsv === 4 ? 1 : 0;
      expect(read(got, true).payload.toString()).toBe(payload);
    }
    expect(compressed).toBe(100);
    raw.destroy();
  });
  test("pongs and Closes come plain", async () => {
    const { raw } = await echo.open(offer);
    raw.write(Buffer.concat([ping("*".repeat(125)), close(1000, "*".repeat(123))]));
    expect(await raw.frame()).toMatchObject({ opcode: OPCODE.pong, rsv: 0 });
    expect(await raw.frame()).toMatchObject({ opcode: OPCODE.close, rsv: 0 });
    raw.destroy();
  });
});

describe("6455 10.4 the limit counts what is inflated", () => {
  const zeros = (length: number): Buffer => deflated(Buffer.alloc(length), { level: 9 });
  test("64 MiB of zeros pass", () => carryOut(echo, { name: "", offer, send: [binary(zeros(64 * MIB), rsv1)], gives: [aBinary(Buffer.alloc(64 * MIB))] }, "in one packet"), 120_000);
  test("one byte more closes with 1009", () => carryOut(echo, { name: "", offer, send: [binary(zeros(64 * MIB + 1), rsv1)], closes: 1009 }, "in one packet"), 120_000);
  test("a bomb costs no memory", async () => {
    const peakKib = (): number => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${echo.pid}/status`, "utf8"))?.[1]);
    const before = peakKib();
    const bomb = deflated(Buffer.alloc(512 * MIB), { level: 9 });
    for (let i = 0; i < 3; i++) await carryOut(echo, { name: "", offer, send: [binary(bomb, rsv1)], closes: 1009 }, "in one packet");
    expect(peakKib() - before).toBeLessThan(200 * 1024);
  }, 120_000);
});

describe("many messages", () => {
  for (const [length, count] of [[16, 1000], [256, 1000], [4096, 500], [65536, 50], [131072, 30]] as const) {
    test(`${count} of ${length} bytes`, async () => {
      const { raw } = await echo.open(offer);
      const payloads = Array.from({ length: count }, (_, at) => (at % 3 === 0 ? randomBytes(length / 2).toString("hex") : json(length)));
      for (const payload of payloads) raw.write(ctext(payload));
      for (const payload of payloads) expect(read(await raw.frame(), true).payload.equals(Buffer.from(payload))).toBe(true);
      raw.destroy();
    }, 60_000);
  }
});
