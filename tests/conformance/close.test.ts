// RFC 6455 5.5.1, 7: how a connection ends, by a Close, its code and reason; and what comes after it.
import { describe, expect, test } from "vitest";
import { OPCODE, frame } from "../support/raw.ts";
import { type Case, Echo, aText, begin, cases, close, closeEmpty, more, ping, text } from "./echo.ts";

const echo = Echo.forThisFile();
const closeOf = (payload: Buffer | string): Buffer => frame({ opcode: OPCODE.close, payload });

describe("a Close is answered with its own code", () => {
  const codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4401, 4999];
  cases(echo, [
    ...codes.map((code): Case => ({ name: `7.4 ${code}`, send: [close(code, "reason")], closes: code, reason: "reason" })),
    { name: "5.5.1 without a code by one without", send: [closeEmpty()], closes: 1005 },
    { name: "5.5.1 with a code and no reason", send: [close(1000)], closes: 1000, reason: "" },
    { name: "5.5.1 with a reason of 123 bytes", send: [close(1000, "*".repeat(123))], closes: 1000, reason: "*".repeat(123) },
    { name: "after messages", send: [text("a"), text("b"), close(1001, "leaving")], gives: [aText("a"), aText("b")], closes: 1001, reason: "leaving" },
  ]);
});

describe("a Close that breaks the rules closes with 1002", () => {
  const codes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
  cases(echo, [
    ...codes.map((code): Case => ({ name: `7.4 ${code} may not be sent`, send: [close(code)], closes: 1002 })),
    ...codes.map((code): Case => ({ name: `7.4 ${code} with a reason neither`, send: [close(code, "reason")], closes: 1002 })),
    { name: "5.5.1 one byte is no code", send: [closeOf("x")], closes: 1002 },
    { name: "5.5 124 bytes of reason are too many", send: [close(1000, "*".repeat(124))], closes: 1002 },
    { name: "5.5 it is no fragment", send: [close(1000, "", { fin: false }), more("x")], closes: 1002 },
  ]);
});

describe("5.5.1 after a Close nothing counts", () => {
  cases(echo, [
    { name: "a text", send: [close(1000), text("late")], closes: 1000 },
    { name: "a ping", send: [close(1000), ping("late")], closes: 1000 },
    { name: "a second Close", send: [close(1001), close(1000)], closes: 1001 },
    { name: "a broken frame", send: [close(1000), frame({ opcode: 5, rsv: 7 })], closes: 1000 },
    { name: "bytes that are no frame", send: [close(1000), Buffer.alloc(300, 0xff)], closes: 1000 },
    { name: "a message that was begun before", send: [text("a", begin), close(1000), more("b")], closes: 1000 },
  ]);
});

describe("7.1.7 what comes after the server's own Close is read and thrown away", () => {
  test("so that the code arrives even while we are still sending", async () => {
    const { raw } = await echo.open();
    raw.write(text("bad", { rsv: 1 }));
    for (let i = 0; i < 100; i++) raw.write(Buffer.alloc(10_000, "*"));
    expect((await raw.closeFrame()).code).toBe(1002);
    await raw.end();
    expect(raw.reset).toBe(false);
    raw.destroy();
  });
  test("and the peer's own Close is no second one", async () => {
    const { raw } = await echo.open();
    raw.write(more("bad"));
    expect((await raw.closeFrame()).code).toBe(1002);
    raw.write(close(1000));
    await raw.end();
    expect(raw.bytes.length).toBe(0);
    raw.destroy();
  });
});

describe("7.1.1 the TCP connection's end", () => {
  test("without a Close ends it as well", async () => {
    const { raw } = await echo.open();
    raw.write(text("half", begin));
    raw.socket.end();
    await raw.end();
    raw.destroy();
  });
  test("a reset is no harm to others", async () => {
    const { raw: other } = await echo.open();
    const { raw } = await echo.open();
    raw.write(text("x".repeat(100_000)));
    raw.socket.resetAndDestroy();
    other.write(text("still here"));
    expect((await other.frame()).payload.toString()).toBe("still here");
    other.destroy();
  });
});
