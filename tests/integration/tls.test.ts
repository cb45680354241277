// https and wss on one port, by the server itself; and plain HTTP behind a proxy that speaks TLS for it.
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { get } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TLSSocket, connect } from "node:tls";
import WebSocket from "ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificate, tlsArgs } from "../support/certificate.ts";
import { Server } from "../support/server.ts";
import { settings } from "../support/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "footfall-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("tls_cert and tls_key", () => {
  const files = certificate(folder, "first");
  let server: Server;
  let token: string;
  beforeAll(async () => {
    server = await Server.start({ members: 20, args: tlsArgs(files) });
    token = await server.token();
  });
  afterAll(() => server.stop());

  const handshake = async (options: object = {}): Promise<TLSSocket> => {
    const socket = connect({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    await once(socket, "secureConnect");
    return socket;
  };
  const fetched = (path: string): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> =>
    new Promise((resolve, reject) => {
      get(`${server.origin}${path}`, { rejectUnauthorized: false }, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (text: string) => (body += text)).on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      }).on("error", reject);
    });

  test("the ready line says https, and the page's policy names wss", async () => {
    expect(server.origin).toMatch(/^https:/);
    expect(await fetched("/healthz")).toMatchObject({ status: 200 });
    expect((await fetched("/")).headers["content-security-policy"]).toContain(`wss://127.0.0.1:${server.port}`);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("%s is spoken", async (version) => {
    const socket = await handshake({ minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  test("TLS 1.1 is not", async () => {
    await expect(handshake({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" })).rejects.toThrow();
  });

  test("wss carries check-ins, a large message and many in one packet", async () => {
    const socket = new WebSocket(`${server.origin.replace("https", "wss")}/ws/checkins/`, { rejectUnauthorized: false, headers: { Authorization: `Bearer ${token}` } });
    const got: Record<string, any>[] = [];
    socket.on("message", (data) => got.push(JSON.parse(String(data)) as Record<string, any>));
    await once(socket, "open");
    for (let member = 1; member <= 20; member++) {
      socket.send(JSON.stringify({ type: "check_in", id: `tls-${member}`, payload: { member_id: member, location: "main", notes: "x".repeat(400) } }));
    }
    socket.send(JSON.stringify({ type: "heartbeat", id: "large", padding: "y".repeat(15_000) }));
    await expect.poll(() => got.filter((message) => message.type === "check_in_success").length).toBe(20);
    await expect.poll(() => got.some((message) => message.id === "large")).toBe(true);
    socket.close(1000);
    expect((await once(socket, "close"))[0]).toBe(1000);
  });

  test("plain HTTP on that port gets no answer and harms nobody", async () => {
    const socket = connectPlain(server.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const said: Buffer[] = [];
    socket.on("data", (chunk) => said.push(chunk)).on("error", () => undefined);
    await once(socket, "close");
    expect(Buffer.concat(said).toString("latin1")).not.toContain("HTTP/1.1 200");
    expect((await fetched("/healthz")).status).toBe(200);
  });

  test("SIGHUP takes a new certificate for new connections; who is in stays in", async () => {
    const before = await handshake();
    expect(before.getPeerCertificate().subject.CN).toBe("first");
    const next = certificate(folder, "second");
    copyFileSync(next.cert, files.cert);
    copyFileSync(next.key, files.key);
    process.kill(server.pid, "SIGHUP");
    await expect.poll(async () => {
      const socket = await handshake();
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN;
    }).toBe("second");
    before.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    const [answer] = (await once(before, "data")) as [Buffer];
    expect(answer.toString("latin1")).toMatch(/^HTTP\/1\.1 200 /);
    before.destroy();
  });
});

describe("behind a proxy that speaks TLS", () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start({ members: 5, args: [settings.publicUrl("https://gym.example"), "--server.trusted_proxies=127.0.0.1"] });
  });
  afterAll(() => server.stop());

  test("the page of the public name may open its socket, and knows it as wss; others may not", async () => {
    const page = await fetch(`${server.origin}/`, { headers: { Host: "gym.example", "X-Forwarded-Proto": "https" } });
    expect(page.headers.get("content-security-policy")).toMatch(/connect-src [^;]*wss:\/\/(gym\.example|127\.0\.0\.1)/);
    expect(page.headers.get("strict-transport-security")).toContain("max-age=");
    const token = await server.token();
    const open = async (origin: string): Promise<string> => {
      const socket = new WebSocket(`${server.origin.replace("http", "ws")}/ws/checkins/?token=${token}`, { origin, headers: { Host: "gym.example" } });
      const [first] = await once(socket, "message").catch((refused: unknown) => [refused]); // an `error` rejects it
      socket.terminate();
      return String(first);
    };
    expect(await open("https://gym.example")).toContain("authentication_success");
    expect(await open("http://gym.example")).toContain("403");
    expect(await open("https://gym.example:8443")).toContain("403");
  });

  test("the refresh cookie is Secure", async () => {
    const { email, password } = server.owner;
    const answer = await fetch(`${server.origin}/api/v1/auth/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: "https://gym.example", "X-Forwarded-Proto": "https", "Sec-Fetch-Mode": "cors" },
      body: JSON.stringify({ email, password }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("set-cookie")).toMatch(/; ?Secure/);
    expect(answer.headers.get("set-cookie")).toMatch(/SameSite=Strict/);
  });
});
