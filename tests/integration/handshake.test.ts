// The upgrade (RFC 6455 4.2) and HTTP/1.1 around it: half requests, wrong ones, too large ones, pipelined ones.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, Refused } from "../support/client.ts";
import { Raw, upgradeRequest } from "../support/raw.ts";
import { Rest } from "../support/rest.ts";
import { settings } from "../support/settings.ts";
import { Server } from "../support/server.ts";

let server: Server;
let token: string;

beforeAll(async () => {
  server = await Server.start({ members: 10, args: [settings.requestTimeout(3)] });
  token = await server.token();
});
afterAll(() => server.stop());

const answerTo = async (text: string): Promise<{ status: number; head: string; body: string }> => {
  const raw = await Raw.connect(server);
  raw.write(text);
  const answer = await raw.httpAnswer();
  raw.destroy();
  return answer;
};

describe("an upgrade", () => {
  test("works with and without the slash at the end", async () => {
    for (const path of ["/ws/checkins/", "/ws/checkins"]) {
      const client = await Client.open(server, { path, token });
      await client.next("authentication_success");
      await client.close();
    }
  });

  test("comes over bytes one a packet", async () => {
    const raw = await Raw.connect(server);
    await raw.trickle(Buffer.from(upgradeRequest(server, `/ws/checkins/?token=${token}`)));
    expect(await raw.httpHead()).toMatch(/^HTTP\/1\.1 101 /);
    raw.destroy();
  });

  test.each([
    ["without Upgrade", { Upgrade: "" }],
    ["with another protocol", { Upgrade: "h2c" }],
    ["without Connection: Upgrade", { Connection: "keep-alive" }],
    ["without a key", { "Sec-WebSocket-Key": "" }],
    ["with a key that is not 16 bytes", { "Sec-WebSocket-Key": "c2hvcnQ=" }],
    ["with a key that is no base64", { "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" }],
    ["without Host", { Host: "" }],
  ])("%s is refused", async (_name, headers) => {
    const { status } = await answerTo(upgradeRequest(server, "/ws/checkins/", headers));
    expect([400, 426]).toContain(status);
  });

  test("of another version is told 426 and the version that works", async () => {
    const { status, head } = await answerTo(upgradeRequest(server, "/ws/checkins/", { "Sec-WebSocket-Version": "8" }));
    expect(status).toBe(426);
    expect(head).toMatch(/^sec-websocket-version: 13\r$/im);
  });

  test("by POST is refused", async () => {
    const { status } = await answerTo(upgradeRequest(server, "/ws/checkins/").replace("GET", "POST"));
    expect([400, 405, 426]).toContain(status);
  });

  test("with two ways in at once is 400", async () => {
    await expect(Client.open(server, { token, bearer: token })).rejects.toMatchObject({ status: 400 });
    await expect(Client.open(server, { token, ticket: "x" })).rejects.toMatchObject({ status: 400 });
  });

  test("that stops half-way is let go, and others are served meanwhile", async () => {
    const half = await Raw.connect(server);
    half.write(upgradeRequest(server, "/ws/checkins/").slice(0, 60));
    const whole = await Client.following(server, token);
    expect((await whole.settled()).type).toBe("heartbeat_ack");
    await whole.close();
    half.destroy();
  });
});

describe("Origin and Host", () => {
  test("of this very host pass; foreign ones are 403", async () => {
    const own = await Client.open(server, { token, origin: server.origin });
    await own.next("authentication_success");
    await own.close();
    const named = await Client.open(server, { token, origin: `http://localhost:${server.port}`, host: `localhost:${server.port}` });
    await named.next("authentication_success");
    await named.close();
    for (const origin of ["http://evil.example", `https://evil.example:${server.port}`, `http://127.0.0.1:${server.port + 1}`, "null", `http://127.0.0.1:${server.port}.evil.example`]) {
      await expect(Client.open(server, { token, origin }), origin).rejects.toMatchObject({ status: 403 });
    }
  });

  test("a rebound name is no Host of ours", async () => {
    const refused = await Client.open(server, { token, host: `evil.example:${server.port}`, origin: `http://evil.example:${server.port}` }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect([400, 403, 421]).toContain((refused as Refused).status);
  });

  test("a cookie alone never authenticates a socket", async () => {
    const raw = await Raw.connect(server);
    raw.write(upgradeRequest(server, "/ws/checkins/", { Cookie: `footfall_refresh=${token}; token=${token}`, Origin: server.origin }));
    expect(await raw.httpHead()).toMatch(/^HTTP\/1\.1 101 /);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(raw.bytes.includes("authentication_success")).toBe(false);
    raw.destroy();
  });
});

describe("HTTP", () => {
  test("keeps a connection, and answers pipelined requests in order", async () => {
    const raw = await Raw.connect(server);
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`;
    raw.write(get("/healthz") + get("/api/v1/me") + get("/healthz"));
    expect((await raw.httpAnswer()).status).toBe(200);
    expect((await raw.httpAnswer()).status).toBe(401);
    expect((await raw.httpAnswer()).status).toBe(200);
    raw.destroy();
  });

  test.each([
    ["no HTTP at all", "hello\r\n\r\n", [400]],
    ["a line that is too long", `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: HOST\r\n\r\n`, [414, 431]],
    ["too many headers", `GET / HTTP/1.1\r\nHost: HOST\r\n${"X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n".repeat(2000)}\r\n`, [431]],
    ["two Content-Lengths", "POST /api/v1/auth/login HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", [400]],
    ["a length beside chunks", "POST /api/v1/auth/login HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]],
    ["a body over the limit", "POST /api/v1/auth/login HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n", [413]],
  ])("%s gets its status", async (_name, text, allowed) => {
    const { status } = await answerTo(text.replace("HOST", `127.0.0.1:${server.port}`));
    expect(allowed).toContain(status);
  });

  test("a request that never ends is 408 and let go", { timeout: 60_000 }, async () => {
    const raw = await Raw.connect(server);
    raw.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nX-Half: `);
    await raw.until(() => raw.bytes.length > 0 || raw.ended, "an answer or the end", 45_000);
    if (raw.bytes.length > 0) expect(raw.bytes.toString("latin1")).toMatch(/^HTTP\/1\.1 408 /);
    raw.destroy();
  });

  test("an unknown path of the API is a problem document, a wrong method names the right ones", async () => {
    const rest = new Rest(server, token);
    expect(await rest.get("/nothing-here")).toMatchObject({ status: 404, body: { code: "not_found" } });
    const wrong = await rest.delete("/me");
    expect(wrong).toMatchObject({ status: 405, body: { code: "method_not_allowed" } });
    expect(wrong.headers.get("allow")).toContain("GET");
  });

  test("health and metrics answer without a token", async () => {
    const rest = new Rest(server);
    expect((await rest.get("/healthz")).status).toBe(200);
    expect((await rest.get("/readyz")).status).toBe(200);
    const metrics = await rest.get("/metrics");
    expect(metrics.status).toBe(200);
    expect(metrics.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(metrics.body.toString()).toMatch(/^# (HELP|TYPE) footfall_/m);
  });
});
