// RFC 6455 5.1 to 5.3, 5.5.2, 5.5.3, 5.6: single frames, their headers, masks, lengths and opcodes.
import { describe } from "vitest";
import { OPCODE, frame } from "../support/raw.ts";
import { type Case, Echo, aBinary, aPong, aText, begin, binary, cases, more, ping, pong, text } from "./echo.ts";

const echo = Echo.forThisFile();
const filled = (length: number, byte = "*"): Buffer => Buffer.alloc(length, byte);
const counted = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 7) & 255));

describe("a message comes back as it was", () => {
  const sizes = [0, 1, 2, 3, 4, 7, 8, 9, 124, 125, 126, 127, 128, 255, 256, 65534, 65535, 65536, 65537, 1 << 20];
  cases(echo, [
    ...sizes.map((length): Case => ({ name: `5.6 text of ${length} bytes`, send: [text(filled(length))], gives: [aText(filled(length))] })),
    ...sizes.map((length): Case => ({ name: `5.6 binary of ${length} bytes`, send: [binary(counted(length))], gives: [aBinary(counted(length))] })),
    { name: "5.6 every byte may stand in binary", send: [binary(counted(256)), binary(Buffer.of(0xff, 0xfe, 0x80))], gives: [aBinary(counted(256)), aBinary(Buffer.of(0xff, 0xfe, 0x80))] },
    {
      name: "5.6 many in one packet, in order",
      send: Array.from({ length: 200 }, (_, at) => text(`message ${at}`)),
      gives: Array.from({ length: 200 }, (_, at) => aText(`message ${at}`)),
    },
  ]);
});

describe("5.3 masking", () => {
  const masks = [Buffer.of(0, 0, 0, 0), Buffer.of(255, 255, 255, 255), Buffer.of(1, 2, 3, 4), Buffer.of(0x80, 0, 0x0a, 0xff)];
  cases(echo, [
    ...masks.map((mask): Case => ({ name: `any key is good: ${mask.toString("hex")}`, send: [text("a mask of four bytes", { mask }), ping("x", { mask })], gives: [aText("a mask of four bytes"), aPong("x")] })),
    ...[1, 2, 3, 5, 6, 7, 9, 15, 17, 31, 33].map((length): Case => ({
      name: `its end falls anywhere: ${length} bytes`,
      send: [binary(counted(length), { mask: masks[2]! }), binary(counted(length), { mask: masks[3]! })],
      gives: [aBinary(counted(length)), aBinary(counted(length))],
    })),
    { name: "5.1 an unmasked text closes", send: [text("open", { masked: false })], closes: 1002 },
    { name: "5.1 an unmasked empty frame closes", send: [binary("", { masked: false })], closes: 1002 },
    { name: "5.1 an unmasked ping closes", send: [ping("x", { masked: false })], closes: 1002 },
    { name: "5.1 an unmasked Close closes with 1002, not with its own code", send: [frame({ opcode: OPCODE.close, payload: Buffer.of(3, 232), masked: false })], closes: 1002 },
    { name: "5.1 an unmasked one after a good one", send: [text("good"), text("bad", { masked: false })], gives: [aText("good")], closes: 1002 },
  ]);
});

describe("5.2 lengths", () => {
  const wrong: [string, Buffer][] = [
    ["0 in two bytes", binary("", { lengthBytes: 2 })],
    ["1 in two bytes", binary("x", { lengthBytes: 2 })],
    ["125 in two bytes", binary(filled(125), { lengthBytes: 2 })],
    ["0 in eight bytes", binary("", { lengthBytes: 8 })],
    ["125 in eight bytes", binary(filled(125), { lengthBytes: 8 })],
    ["126 in eight bytes", binary(filled(126), { lengthBytes: 8 })],
    ["65535 in eight bytes", binary(filled(65535), { lengthBytes: 8 })],
    ["the top bit set", binary("", { claims: 1n << 63n, lengthBytes: 8 })],
    ["all bits set", binary("", { claims: (1n << 64n) - 1n, lengthBytes: 8 })],
    ["a ping's in two bytes", ping("x", { lengthBytes: 2 })],
    ["a ping's in eight bytes", ping("x", { lengthBytes: 8 })],
  ];
  cases(echo, [
    ...wrong.map(([what, bytes]): Case => ({ name: `${what} closes`, send: [bytes], closes: 1002 })),
    { name: "126 needs two bytes", send: [binary(filled(126), { lengthBytes: 2 })], gives: [aBinary(filled(126))] },
    { name: "65536 needs eight", send: [binary(filled(65536), { lengthBytes: 8 })], gives: [aBinary(filled(65536))] },
  ]);
});

describe("5.2 reserved bits", () => {
  const table: Case[] = [];
  for (let rsv = 1; rsv < 8; rsv++) {
    table.push(
      { name: `rsv ${rsv} on a text closes`, send: [text("x", { rsv })], closes: 1002 },
      { name: `rsv ${rsv} on an empty text closes`, send: [text("", { rsv })], closes: 1002 },
      { name: `rsv ${rsv} on a binary after a good text closes`, send: [text("good"), binary("x", { rsv }), ping("never seen")], gives: [aText("good")], closes: 1002 },
      { name: `rsv ${rsv} on a ping closes`, send: [ping("x", { rsv })], closes: 1002 },
      { name: `rsv ${rsv} on a pong closes`, send: [pong("x", { rsv })], closes: 1002 },
      { name: `rsv ${rsv} on a Close closes`, send: [frame({ opcode: OPCODE.close, rsv })], closes: 1002 },
      { name: `rsv ${rsv} on a continuation closes`, send: [text("x", begin), more("y", { rsv })], closes: 1002 },
    );
  }
  cases(echo, table);
});

describe("5.2 reserved opcodes", () => {
  const table: Case[] = [];
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    table.push(
      { name: `${opcode} without a payload closes`, send: [frame({ opcode })], closes: 1002 },
      { name: `${opcode} with a payload closes`, send: [frame({ opcode, payload: "x" })], closes: 1002 },
      { name: `${opcode} after a good text closes`, send: [text("good"), frame({ opcode, payload: "x" }), ping("never seen")], gives: [aText("good")], closes: 1002 },
      { name: `${opcode} within a fragmented message closes`, send: [text("a", begin), frame({ opcode, payload: "x" }), more("b")], closes: 1002 },
      { name: `${opcode} as a fragment closes`, send: [frame({ opcode, fin: false })], closes: 1002 },
    );
  }
  cases(echo, table);
});

describe("5.5.2 and 5.5.3 pings and pongs", () => {
  cases(echo, [
    { name: "a ping is answered", send: [ping()], gives: [aPong()] },
    { name: "with its payload", send: [ping("Hello, world!")], gives: [aPong("Hello, world!")] },
    { name: "which need not be text", send: [ping(Buffer.of(0, 0xff, 0xfe, 0xfd, 0x80))], gives: [aPong(Buffer.of(0, 0xff, 0xfe, 0xfd, 0x80))] },
    { name: "and may be 125 bytes long", send: [ping(filled(125))], gives: [aPong(filled(125))] },
    { name: "5.5 but not 126", send: [ping(filled(126))], closes: 1002 },
    { name: "5.5 nor 65536", send: [ping(filled(65536))], closes: 1002 },
    { name: "5.5 nor may it be a fragment", send: [ping("x", { fin: false })], closes: 1002 },
    { name: "5.5 nor may a pong", send: [pong("x", { fin: false })], closes: 1002 },
    { name: "a pong nobody asked for is taken in silence", send: [pong("x"), ping("y")], gives: [aPong("y")] },
    { name: "an empty one too", send: [pong(), pong(), text("z")], gives: [aText("z")] },
    { name: "5.5 a pong of 126 closes", send: [pong(filled(126))], closes: 1002 },
    { name: "each of ten is answered, in order", send: Array.from({ length: 10 }, (_, at) => ping(`ping ${at}`)), gives: Array.from({ length: 10 }, (_, at) => aPong(`ping ${at}`)) },
    { name: "between messages", send: [ping("1"), text("a"), ping("2"), binary("b"), ping("3")], gives: [aPong("1"), aText("a"), aPong("2"), aBinary("b"), aPong("3")] },
  ]);
});
