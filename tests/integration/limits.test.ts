// Limits of a user and of all that come at once (contract, «Close codes»: 1013, 4429), told in a way that a browser can read.
import { afterEach, expect, test } from "vitest";
import { Client, type Message } from "../support/client.ts";
import { Raw } from "../support/raw.ts";
import { Server } from "../support/server.ts";
import { settings } from "../support/settings.ts";

let server: Server;
afterEach(() => server.stop());

const first = async (client: Client): Promise<Message> => {
  await client.until(() => client.messages.length > 0, "a first message");
  return client.messages[0] as Message;
};

test("over a user's rate: rate_limited with retry_after_ms, nothing is done, and afterwards all is as before", { timeout: 30_000 }, async () => {
  server = await Server.start({ members: 100, args: ["--limits.messages_per_second_per_user=5"] }); // 25 at once
  const token = await server.token();
  const first = await Client.open(server, { bearer: token });
  const second = await Client.open(server, { bearer: token }); // the same user: one limit for both
  await first.next("authentication_success");
  await second.next("authentication_success");
  const replies = await Promise.all(Array.from({ length: 40 }, (_, at) => (at % 2 ? first : second).request("check_in", { member_id: at + 1, location: "main" })));
  const limited = replies.filter((reply) => reply.type === "error");
  expect(limited.length).toBeGreaterThanOrEqual(10);
  for (const reply of limited) {
    expect(reply.payload).toMatchObject({ code: "rate_limited", request: "check_in" });
    expect(reply.payload.retry_after_ms).toBeGreaterThan(0);
  }
  const other = await Client.open(server, { bearer: await server.token({ sub: 2, role: "staff" }) });
  await other.next("authentication_success");
  expect((await other.request("check_in", { member_id: 99, location: "main" })).payload.currently_in).toBe(40 - limited.length + 1);
  await new Promise((done) => setTimeout(done, 1200));
  expect((await first.request("check_in", { member_id: 98, location: "main" })).type).toBe("check_in_success");
});

test("whoever goes on all the same is closed with 4429", async () => {
  server = await Server.start({ members: 5, args: ["--limits.messages_per_second_per_user=1"] });
  const client = await Client.open(server, { bearer: await server.token() });
  await client.next("authentication_success");
  for (let count = 0; count < 200; count++) client.send("heartbeat", {});
  expect(await client.closed).toEqual({ code: 4429, reason: "rate_limited" });
});

test("too many at once: the upgrade is accepted, overloaded says when to come back, 1013; and then they are let in", { timeout: 30_000 }, async () => {
  server = await Server.start({ members: 5, args: ["--limits.admission_rate=5"] });
  const token = await server.token();
  const clients = await Promise.all(Array.from({ length: 30 }, () => Client.open(server, { bearer: token })));
  const away: number[] = [];
  let inside = 0;
  for (const client of clients) {
    const said = await first(client);
    if (said.type === "authentication_success") {
      inside++;
      continue;
    }
    expect(said).toMatchObject({ type: "error", payload: { code: "overloaded" } });
    expect((await client.closed).code).toBe(1013);
    away.push(said.payload.retry_after_ms as number);
  }
  expect(inside).toBeGreaterThanOrEqual(5);
  expect(away.length).toBeGreaterThanOrEqual(10);
  expect(Math.min(...away)).toBeGreaterThanOrEqual(1000);
  expect(new Set(away).size).toBeGreaterThan(away.length / 2); // spread
  await new Promise((done) => setTimeout(done, 1500));
  const late = await Client.open(server, { bearer: token });
  expect((await first(late)).type).toBe("authentication_success");
});

test("more than connections_max: told as above, until there is room again", { timeout: 30_000 }, async () => {
  server = await Server.start({ members: 5, args: ["--limits.connections_max=4"] });
  const token = await server.token();
  const held = await Promise.all(Array.from({ length: 4 }, () => Client.open(server, { bearer: token })));
  for (const client of held) expect((await first(client)).type).toBe("authentication_success");
  const over = await Client.open(server, { bearer: token });
  expect(await first(over)).toMatchObject({ type: "error", payload: { code: "overloaded", retry_after_ms: expect.any(Number) } });
  expect((await over.closed).code).toBe(1013);
  await held[0]?.close();
  await expect.poll(async () => (await first(await Client.open(server, { bearer: token }))).type, { timeout: 5000 }).toBe("authentication_success");
});

test("one address holds so many sockets and no more: rate_limited, 4429, until one of them goes", async () => {
  server = await Server.start({ members: 5, args: ["--limits.connections_per_address=3"] });
  const token = await server.token();
  const held = await Promise.all(Array.from({ length: 3 }, () => Client.open(server, { bearer: token })));
  for (const client of held) expect((await first(client)).type).toBe("authentication_success");
  for (let count = 0; count < 5; count++) { // those who are turned away count for nothing
    const over = await Client.open(server, { bearer: token });
    expect(await first(over)).toMatchObject({ type: "error", payload: { code: "rate_limited", retry_after_ms: expect.any(Number) } });
    expect((await over.closed).code).toBe(4429);
  }
  await held[0]?.close();
  await expect.poll(async () => (await first(await Client.open(server, { bearer: token }))).type, { timeout: 5000 }).toBe("authentication_success");
});

// HALF_OPEN=9000 for as many as the machine's file limit allows.
const halfOpen = Number(process.env["HALF_OPEN"] ?? 3000);

test(`${halfOpen} connections that say nothing, or half of something: nobody else notices, and they are let go`, { timeout: 120_000 }, async () => {
  server = await Server.start({ members: 50, args: [settings.requestTimeout(4), settings.authTimeout(4)] });
  const token = await server.token();
  const desk = await Client.open(server, { bearer: token });
  await desk.next("authentication_success");
  const beginnings = ["", "GET /", "GET /ws/checkins/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websock"];
  const idle: Raw[] = [];
  for (let at = 0; at < halfOpen; at += 100) {
    idle.push(...(await Promise.all(Array.from({ length: 100 }, async (_, of) => {
      const raw = await Raw.connect(server);
      raw.write(Buffer.from(beginnings[(at + of) % beginnings.length] as string));
      return raw;
    }))));
  }
  for (let member = 1; member <= 20; member++) {
    expect((await desk.request("check_in", { member_id: member, location: "main" })).type).toBe("check_in_success");
  }
  await expect.poll(() => idle.filter((raw) => !raw.ended).length, { timeout: 60_000, interval: 500 }).toBe(0);
  expect((await desk.request("check_in", { member_id: 21, location: "main" })).payload.currently_in).toBe(21);
  for (const raw of idle) raw.destroy();
});
