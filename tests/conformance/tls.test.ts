// WebSocket over TLS, spoken by clients that nobody here wrote: Node's own TLS, and `ws` on top of it.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type ConnectionOptions, type TLSSocket, connect } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Echo } from "./echo.ts";

const MIB = 1 << 20;
const folder = mkdtempSync(join(tmpdir(), "footfall-tls-"));
const cert = join(folder, "cert.pem");
const key = join(folder, "key.pem");
execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
  "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "ignore" });
const ca = readFileSync(cert);
const echo = Echo.forThisFile(cert, key);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function secure(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port: echo.port, ca, ...options });
  await once(socket, "secureConnect");
  return socket;
}

async function open(options: WebSocket.ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(`wss://127.0.0.1:${echo.port}/`, { ca, ...options });
  await once(socket, "open");
  return socket;
}

async function echoed(socket: WebSocket, payload: Buffer | string): Promise<Buffer> {
  socket.send(payload);
  const [data] = (await once(socket, "message")) as [Buffer];
  return data;
}

describe("a client's own TLS", () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`${version}, http/1.1 by ALPN`, async () => {
      const socket = await secure({ minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] });
      expect(socket.getProtocol()).toBe(version);
      expect(socket.alpnProtocol).toBe("http/1.1");
      expect(socket.authorized).toBe(true);
      socket.destroy();
    });
  }
  test("an old version is refused", async () => {
    await expect(secure({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" })).rejects.toThrow();
  });
  test("TLS 1.2 without forward secrecy is refused", async () => {
    await expect(secure({ maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" })).rejects.toThrow();
  });
  test("a session is resumed by its ticket", async () => {
    const first = await secure();
    const [session] = (await once(first, "session")) as [Buffer];
    first.destroy();
    const second = await secure({ session });
    expect(second.isSessionReused()).toBe(true);
    second.destroy();
  });
  test("plain HTTP at this port is ended, and harms nobody", async () => {
    const other = await open();
    const plain = connectPlain({ host: "127.0.0.1", port: echo.port });
    plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(plain.resume(), "close");
    for (let i = 0; i < 20; i++) {
      const noise = connectPlain({ host: "127.0.0.1", port: echo.port }).on("error", () => undefined);
      noise.write(randomBytes(400));
      await once(noise.resume(), "close");
    }
    expect((await echoed(other, "still here")).toString()).toBe("still here");
    other.close();
  });
  test("an upgrade over TLS ends with close_notify and in order", async () => {
    const socket = await secure();
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = "";
    socket.setEncoding("latin1").on("data", (more: string) => (answer += more));
    await once(socket, "end");
    expect(answer).toMatch(/^HTTP\/1\.1 426 /);
  });
});

describe("ws over TLS", () => {
  for (const length of [0, 1, 125, 126, 16383, 16384, 16385, 65535, 65536, MIB]) {
    test(`${length} bytes come back`, async () => {
      const socket = await open({ perMessageDeflate: false });
      const payload = randomBytes(length);
      expect((await echoed(socket, payload)).equals(payload)).toBe(true);
      socket.close(1000);
      await once(socket, "close");
    });
  }
  test("16 MiB come back", async () => {
    const socket = await open({ perMessageDeflate: false });
    const payload = randomBytes(16 * MIB);
    expect((await echoed(socket, payload)).equals(payload)).toBe(true);
    socket.close();
  }, 60_000);
  test("compressed", async () => {
    const socket = await open({ perMessageDeflate: true });
    expect(socket.extensions).toContain("permessage-deflate");
    const payload = "footfall ".repeat(10_000);
    expect((await echoed(socket, payload)).toString()).toBe(payload);
    socket.close();
  });
  test("a thousand messages, in order", async () => {
    const socket = await open();
    let next = 0;
    const done = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer) => {
        expect(data.toString()).toBe(`message ${next++}`);
        if (next === 1000) resolve();
      });
    });
    for (let at = 0; at < 1000; at++) socket.send(`message ${at}`);
    await done;
    socket.close(4000, "enough");
    expect(await once(socket, "close")).toMatchObject([4000, Buffer.from("enough")]);
  });
  test("a reader that pauses gets all of it", async () => {
    const socket = await open({ perMessageDeflate: false });
    const payload = randomBytes(64 * 1024);
    let got = 0;
    socket.pause();
    for (let at = 0; at < 400; at++) socket.send(payload);
    await setTimeout(300);
    const done = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer) => {
        expect(data.equals(payload)).toBe(true);
        if (++got === 400) resolve();
      });
    });
    socket.resume();
    await done;
    socket.close();
  }, 60_000);
  test("many at once", async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open()));
    const answers = await Promise.all(sockets.map((socket, at) => echoed(socket, `number ${at}`)));
    answers.forEach((answer, at) => expect(answer.toString()).toBe(`number ${at}`));
    for (const socket of sockets) socket.terminate();
  });
});
