// RFC 6455 5.6, 8.1: text is UTF-8, also where a character lies in two frames; what is not is told as soon as it is seen.
import { describe, expect, test } from "vitest";
import { type Case, Echo, aText, begin, carryOut, cases, closePayload, more, text } from "./echo.ts";
import { OPCODE, frame } from "../support/raw.ts";

const echo = Echo.forThisFile();
const hex = (bytes: string): Buffer => Buffer.from(bytes.replace(/ /g, ""), "hex");

const GOOD: [string, string][] = [
  ["Greek", "ce ba e1 bd b9 cf 83 ce bc ce b5"],
  ["a NUL", "00"],
  ["first of 2 bytes", "c2 80"],
  ["last of 2 bytes", "df bf"],
  ["first of 3 bytes", "e0 a0 80"],
  ["last of 3 bytes", "ef bf bf"],
  ["first of 4 bytes", "f0 90 80 80"],
  ["last of 4 bytes, U+10FFFF", "f4 8f bf bf"],
  ["before the surrogates", "ed 9f bf"],
  ["after the surrogates", "ee 80 80"],
  ["the replacement character", "ef bf bd"],
  ["noncharacters U+FFFE, U+1FFFE, U+3FFFF, U+10FFFE", "ef bf be f0 9f bf be f0 bf bf bf f4 8f bf be"],
  ["a byte order mark", "ef bb bf 61"],
  ["a mix", "48 c3 a9 e2 82 ac f0 9d 84 9e 21"],
];

const BAD: [string, string][] = [
  ["a lone continuation", "80"],
  ["two", "80 bf"],
  ["all continuations", "80 81 82 83 84 85 90 a0 b0 bf"],
  ["a lead without its continuation", "c3 20"],
  ["3 bytes, one missing", "e2 82 20"],
  ["4 bytes, one missing", "f0 9f 98 20"],
  ["4 bytes, two missing", "f0 9f 20"],
  ["a lead after a lead", "c3 c3 a9"],
  ["overlong / in 2 bytes", "c0 af"],
  ["overlong 0x7f in 2 bytes", "c1 bf"],
  ["overlong / in 3 bytes", "e0 80 af"],
  ["overlong U+7FF in 3 bytes", "e0 9f bf"],
  ["overlong / in 4 bytes", "f0 80 80 af"],
  ["overlong U+FFFF in 4 bytes", "f0 8f bf bf"],
  ["overlong in 5 bytes", "f8 80 80 80 af"],
  ["overlong in 6 bytes", "fc 80 80 80 80 af"],
  ["overlong NUL", "c0 80"],
  ["the first surrogate", "ed a0 80"],
  ["the last surrogate", "ed bf bf"],
  ["a pair of surrogates", "ed a0 80 ed b0 80"],
  ["U+110000", "f4 90 80 80"],
  ["5 bytes", "f8 88 80 80 80"],
  ["6 bytes", "fc 84 80 80 80 80"],
  ["0xfe", "fe"],
  ["0xff", "ff"],
  ["0xf5", "f5 80 80 80"],
  ["Latin-1", "63 61 66 e9 20"],
  ["Greek, then a surrogate, then text", "ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64"],
];

/** The text in two frames, cut at each byte; and each byte a frame. */
function cuts(bytes: Buffer): Buffer[][] {
  const ways = Array.from({ length: bytes.length + 1 }, (_, at) => [text(bytes.subarray(0, at), begin), more(bytes.subarray(at))]);
  const single = Array.from(bytes, (byte, at) => (at === 0 ? text : more)(Buffer.of(byte), { fin: at === bytes.length - 1 }));
  return [...ways, single];
}

describe("8.1 UTF-8 comes back", () => {
  cases(echo, GOOD.map(([what, bytes]): Case => ({ name: what, send: [text(hex(bytes))], gives: [aText(hex(bytes))] })));
});

describe("5.6 UTF-8 in fragments, cut at each byte, comes back", () => {
  for (const [what, bytes] of GOOD) {
    test(what, async () => {
      for (const send of cuts(hex(bytes))) await carryOut(echo, { name: what, send, gives: [aText(hex(bytes))] }, "in one packet");
    });
  }
});

describe("8.1 what is no UTF-8 closes with 1007", () => {
  cases(echo, BAD.map(([what, bytes]): Case => ({ name: what, send: [text(hex(bytes))], closes: 1007 })));
});

describe("8.1 also in fragments, cut at each byte", () => {
  for (const [what, bytes] of BAD) {
    test(what, async () => {
      for (const send of cuts(hex(bytes))) await carryOut(echo, { name: what, send, closes: 1007 }, "in one packet");
    });
  }
});

describe("5.6 a text that ends within a character closes with 1007", () => {
  const halves = ["c3", "e2", "e2 82", "f0", "f0 9f", "f0 9f 98", "61 f0 9f 98"];
  cases(echo, halves.flatMap((bytes): Case[] => [
    { name: `${bytes}, one frame`, send: [text(hex(bytes))], closes: 1007 },
    { name: `${bytes}, an empty last frame`, send: [text(hex(bytes), begin), more("")], closes: 1007 },
    { name: `${bytes}, its rest is the next message`, send: [text(hex(bytes)), text("x")], closes: 1007 },
  ]));
});

describe("8.1 a bad byte is told at once, though the message goes on", () => {
  const impossible = ["ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90", "ed a0", "c0", "f5", "e0 9f", "f0 8f", "61 80"];
  for (const bytes of impossible) {
    test(`${bytes}, in an unfinished frame`, async () => {
      const { raw } = await echo.open();
      const whole = text(Buffer.concat([hex(bytes), Buffer.alloc(500, "x")]));
      raw.write(whole.subarray(0, whole.length - 500)); // the rest never comes
      expect((await raw.closeFrame()).code).toBe(1007);
      await raw.end();
      raw.destroy();
    });
    test(`${bytes}, in an unfinished message`, async () => {
      const { raw } = await echo.open();
      raw.write(text("fine so far ", begin));
      raw.write(more(hex(bytes), { fin: false }));
      expect((await raw.closeFrame()).code).toBe(1007);
      await raw.end();
      raw.destroy();
    });
  }
});

describe("5.6 only text must be UTF-8", () => {
  cases(echo, [{ name: "a continuation of binary", send: [frame({ opcode: OPCODE.binary, payload: Buffer.of(0xc3), fin: false }), more(Buffer.of(0x28))], gives: [{ kind: "binary", payload: Buffer.of(0xc3, 0x28) }] }]);
});

describe("5.5.1 a Close's reason is UTF-8", () => {
  cases(echo, [
    ...GOOD.map(([what, bytes]): Case => ({ name: what, send: [frame({ opcode: OPCODE.close, payload: closePayload(1000, hex(bytes)) })], closes: 1000, reason: hex(bytes).toString("utf8") })),
    ...BAD.map(([what, bytes]): Case => ({ name: what, send: [frame({ opcode: OPCODE.close, payload: closePayload(1000, hex(bytes)) })], closes: 1007 })),
    { name: "ending within a character", send: [frame({ opcode: OPCODE.close, payload: closePayload(1000, hex("e2 82")) })], closes: 1007 },
  ]);
});
