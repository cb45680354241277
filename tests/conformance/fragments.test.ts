// RFC 6455 5.4: a message in several frames, and control frames among them.
import { describe } from "vitest";
import { type Case, Echo, aBinary, aPong, aText, begin, binary, cases, close, closeEmpty, more, ping, pong, text } from "./echo.ts";

const echo = Echo.forThisFile();
const between = { fin: false } as const;

describe("a fragmented message comes back whole", () => {
  const inPieces = (length: number, each: number): Buffer[] => {
    const whole = Buffer.alloc(length, "fragment");
    const frames: Buffer[] = [];
    for (let at = 0; at < length; at += each) {
      const fin = at + each >= length;
      frames.push((at === 0 ? text : more)(whole.subarray(at, at + each), { fin }));
    }
    return frames;
  };
  cases(echo, [
    { name: "two texts", send: [text("frag", begin), more("ment")], gives: [aText("fragment")] },
    { name: "two binaries", send: [binary("frag", begin), more("ment")], gives: [aBinary("fragment")] },
    { name: "three, the last empty", send: [text("frag", begin), more("ment", between), more("")], gives: [aText("fragment")] },
    { name: "the first empty", send: [text("", begin), more("fragment")], gives: [aText("fragment")] },
    { name: "the middle empty", send: [text("frag", begin), more("", between), more("ment")], gives: [aText("fragment")] },
    { name: "all empty", send: [text("", begin), more("", between), more("")], gives: [aText("")] },
    { name: "all empty, binary", send: [binary("", begin), more("", between), more("")], gives: [aBinary("")] },
    { name: "a thousand of one byte", send: [text("a", begin), ...Array.from({ length: 998 }, () => more("b", between)), more("c")], gives: [aText(`a${"b".repeat(998)}c`)] },
    ...[64, 256, 1000, 1300, 4096, 65536].map((each): Case => ({ name: `64 KiB + 1 in pieces of ${each}`, send: inPieces(65537, each), gives: [aText(Buffer.alloc(65537, "fragment"))] })),
    { name: "a megabyte in pieces of 1300", send: inPieces(1 << 20, 1300), gives: [aText(Buffer.alloc(1 << 20, "fragment"))] },
    { name: "one after the other", send: [text("a", begin), more("b"), binary("c", begin), more("d"), text("e")], gives: [aText("ab"), aBinary("cd"), aText("e")] },
  ]);
});

describe("control frames may stand between fragments", () => {
  cases(echo, [
    { name: "5.4 a ping is answered before the message is whole", send: [text("frag", begin), ping("now"), more("ment")], gives: [aPong("now"), aText("fragment")] },
    { name: "5.4 several", send: [text("a", begin), ping("1"), more("b", between), ping("2"), ping("3"), more("c")], gives: [aPong("1"), aPong("2"), aPong("3"), aText("abc")] },
    { name: "5.5.3 a pong", send: [text("a", begin), pong("1"), more("b")], gives: [aText("ab")] },
    { name: "5.4 a long ping in a long message", send: [binary(Buffer.alloc(5000, 1), begin), ping(Buffer.alloc(125, 2)), more(Buffer.alloc(5000, 3))], gives: [aPong(Buffer.alloc(125, 2)), aBinary(Buffer.concat([Buffer.alloc(5000, 1), Buffer.alloc(5000, 3)]))] },
    { name: "7.1.6 a Close ends it; the message is never whole", send: [text("a", begin), close(1000), more("b")], closes: 1000 },
    { name: "7.1.6 an empty Close too", send: [text("a", begin), closeEmpty()], closes: 1005 },
    { name: "5.5 a fragmented ping within closes", send: [text("a", begin), ping("1", { fin: false }), more("b")], closes: 1002 },
    { name: "5.5 a fragmented Close within closes", send: [text("a", begin), close(1000, "", { fin: false })], closes: 1002 },
    { name: "5.5 a long ping within closes", send: [text("a", begin), ping(Buffer.alloc(126)), more("b")], closes: 1002 },
  ]);
});

describe("fragments out of place close", () => {
  cases(echo, [
    { name: "5.4 a continuation without a start", send: [more("x")], closes: 1002 },
    { name: "5.4 one that is not the last", send: [more("x", between), more("y")], closes: 1002 },
    { name: "5.4 an empty one", send: [more("")], closes: 1002 },
    { name: "5.4 after a whole message", send: [text("whole"), more("x")], gives: [aText("whole")], closes: 1002 },
    { name: "5.4 after a fragmented one has ended", send: [text("a", begin), more("b"), more("c")], gives: [aText("ab")], closes: 1002 },
    { name: "5.4 a text within a text", send: [text("a", begin), text("b")], closes: 1002 },
    { name: "5.4 a first fragment within a text", send: [text("a", begin), text("b", begin), more("c")], closes: 1002 },
    { name: "5.4 a binary within a text", send: [text("a", begin), binary("b")], closes: 1002 },
    { name: "5.4 a text within a binary", send: [binary("a", begin), more("b", between), text("c")], closes: 1002 },
    { name: "5.4 a ping between does not make it good", send: [text("a", begin), ping("1"), text("b")], gives: [aPong("1")], closes: 1002 },
  ]);
});
