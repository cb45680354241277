// RFC 6455 10.4, 7.4.1 (1009): messages up to 64 MiB pass; above it they are refused by their header, before their bytes are held.
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Case, Echo, aBinary, aText, begin, binary, carryOut, cases, close, more, ping, text } from "./echo.ts";

const echo = Echo.forThisFile();
const MIB = 1 << 20;

const big = (length: number): Buffer => Buffer.alloc(length, Buffer.from(Array.from({ length: 251 }, (_, at) => at)));

describe("big messages come back", () => {
  for (const length of [4 * MIB, 16 * MIB, 64 * MIB]) {
    const payload = big(length);
    test(`binary of ${length / MIB} MiB in one frame`, () => carryOut(echo, { name: "", send: [binary(payload)], gives: [aBinary(payload)] }, "in one packet"), 120_000);
  }
  for (const each of [64, 4096, 65536, 4 * MIB]) {
    const whole = Buffer.alloc(4 * MIB, "text");
    const send: Buffer[] = [];
    for (let at = 0; at < whole.length; at += each) send.push((at === 0 ? text : more)(whole.subarray(at, at + each), { fin: at + each >= whole.length }));
    test(`4 MiB of text in fragments of ${each}`, () => carryOut(echo, { name: "", send, gives: [aText(whole)] }, "in one packet"), 120_000);
  }
  test("16 MiB in fragments of 1 MiB with pings between", async () => {
    const whole = big(16 * MIB);
    const send = Array.from({ length: 16 }, (_, at) => [(at === 0 ? binary : more)(whole.subarray(at * MIB, (at + 1) * MIB), { fin: at === 15 }), ping(`${at}`)]).flat();
    const { raw } = await echo.open();
    raw.write(Buffer.concat(send));
    for (let at = 0; at < 15; at++) expect((await raw.frame()).payload.toString()).toBe(`${at}`);
    expect((await raw.frame()).payload.equals(whole)).toBe(true);
    expect((await raw.frame()).payload.toString()).toBe("15");
    raw.destroy();
  }, 120_000);
});

describe("over 64 MiB closes with 1009", () => {
  const claim = (bytes: bigint): Buffer => binary("", { claims: bytes, lengthBytes: 8 });

  const table: Case[] = [
    { name: "one byte more", send: [claim(BigInt(64 * MIB) + 1n)], closes: 1009 },
    { name: "4 GiB and one: no length is cut to 32 bits", send: [claim((1n << 32n) + 1n)], closes: 1009 },
    { name: "2^62", send: [claim(1n << 62n)], closes: 1009 },
    { name: "a fragment that makes it too much", send: [binary(big(MIB), begin), more("", { claims: BigInt(63 * MIB) + 1n, lengthBytes: 8 })], closes: 1009 },
    { name: "a text that was begun", send: [text("x", begin), more("", { claims: BigInt(64 * MIB), lengthBytes: 8 })], closes: 1009 },
  ];
  cases(echo, table);
});

const residentKib = (): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${echo.pid}/status`, "utf8"))?.[1]);

describe("who does not read is not held in memory", () => {
  test("100 MiB sent by one that reads nothing", async () => {
    const { raw } = await echo.open();
    raw.socket.pause();
    const before = residentKib();
    const message = binary(big(64 * 1024));
    let sent = 0;
    for (let i = 0; i < 1600; i++) {
      sent += message.length;
      if (!raw.socket.write(message)) await setTimeout(1);
    }
    await setTimeout(200);
    expect(sent).toBeGreaterThan(100 * MIB);
    expect(residentKib() - before).toBeLessThan(32 * 1024);
    // It reads again: nothing is lost.
    raw.socket.resume();
    for (let i = 0; i < 1600; i++) expect((await raw.frame()).payload.length).toBe(64 * 1024);
    raw.write(close(1000));
    expect((await raw.closeFrame()).code).toBe(1000);
    raw.destroy();
  }, 120_000);
  test("a flood of pings from one that reads nothing", async () => {
    const { raw } = await echo.open();
    raw.socket.pause();
    const before = residentKib();
    const pings = Buffer.concat(Array.from({ length: 10_000 }, () => ping("x")));
    for (let i = 0; i < 300; i++) if (!raw.socket.write(pings)) await setTimeout(1);
    await setTimeout(200);
    expect(residentKib() - before).toBeLessThan(32 * 1024);
    raw.destroy();
  }, 120_000);
});
