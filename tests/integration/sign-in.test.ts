// Contract 1, «Getting in»: each way in, each wrong way, and what a connection may do before it is in.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";
import { settings } from "../support/settings.ts";

let server: Server;
let owner: string;

beforeAll(async () => {
  server = await Server.start({ members: 20, args: [settings.authTimeout(2)] });
  owner = await server.token();
});
afterAll(() => server.stop());

const hello = {
  user: { id: 1, name: expect.any(String), role: "owner" },
  locations: ["main", "north"],
  expires_at: expect.any(String),
  server_time: expect.any(String),
  heartbeat_interval: expect.any(Number),
  server_version: expect.any(String),
  protocol: 1,
  epoch: expect.any(String),
  heads: { main: expect.any(Number), north: expect.any(Number) },
};

describe("in", () => {
  test("by ?token=: greeted unasked, follows all at once", async () => {
    const client = await Client.open(server, { token: owner });
    const greeting = await client.next("authentication_success");
    expect(greeting.payload).toMatchObject(hello);
    expect(greeting.payload).not.toHaveProperty("recovered");
    await client.next("initial_stats");
    expect(client.messages.map((message) => message.type).slice(0, 2)).toEqual(["authentication_success", "initial_stats"]);
    await client.close();
  });

  test("by Authorization: greeted unasked, follows nothing", async () => {
    const client = await Client.open(server, { bearer: owner });
    expect((await client.next("authentication_success")).payload.user).toMatchObject({ id: 1, role: "owner" });
    await client.settled();
    expect(client.messages.some((message) => message.type === "initial_stats")).toBe(false);
    client.send("authenticate", {}, "all");
    expect((await client.next("authentication_success")).id).toBe("all");
    expect((await client.next("initial_stats")).payload.locations).toHaveLength(2);
    await client.close();
  });

  test("by a ticket: once, and bound to its session", async () => {
    const { rest } = await Rest.signIn(server);
    const { ticket } = (await rest.post("/auth/ticket")).body as { ticket: string };
    expect(Buffer.from(ticket, "base64url")).toHaveLength(32);
    const client = await Client.open(server, { ticket, origin: server.origin });
    expect((await client.next("authentication_success")).payload.user).toMatchObject({ id: 1, role: "owner" });
    client.send("authenticate", { locations: ["main"] });
    await client.next("initial_stats");

    const second = await Client.open(server, { ticket, origin: server.origin });
    expect((await second.next("error")).payload).toMatchObject({ code: "unauthenticated" });
    expect(await second.closed).toEqual({ code: 4401, reason: "unauthenticated" });

    expect((await rest.post("/auth/logout")).status).toBe(204);
    expect((await client.closed).code).toBe(4401);
  });

  test("a ticket is not spent by an upgrade whose Origin is refused", async () => {
    const { rest } = await Rest.signIn(server);
    const { ticket } = (await rest.post("/auth/ticket")).body as { ticket: string };
    await expect(Client.open(server, { ticket, origin: "http://evil.example" })).rejects.toMatchObject({ status: 403 });
    const client = await Client.open(server, { ticket, origin: server.origin });
    await client.next("authentication_success");
    await client.close();
  });

  test("by the first message", async () => {
    const client = await Client.open(server);
    client.send("authenticate", { token: owner }, "first");
    const greeting = await client.next("authentication_success");
    expect(greeting).toMatchObject({ id: "first", payload: hello });
    await client.next("initial_stats");
    await client.close();
  });

  test("with a location that is refused nobody comes in by it, and may try again", async () => {
    const client = await Client.open(server);
    expect(await client.request("authenticate", { token: owner, locations: ["main", "moon"] })).toMatchObject({ type: "error", payload: { code: "location_not_found" } });
    expect(await client.request("get_stats", {})).toMatchObject({ type: "error", payload: { code: "unauthenticated", error: "Not signed in, or the sign-in is no longer valid; sign in again" } });
    expect((await client.request("authenticate", { token: owner, locations: ["main"] })).type).toBe("authentication_success");
    await client.next("initial_stats");
    await client.close();
  });

  test.each(["token", "ticket"])("an empty ?%s= is a bad one, not none", async (name) => {
    const client = await Client.open(server, { path: `/ws/checkins/?${name}=` });
    expect((await client.next("error")).payload).toMatchObject({ code: "unauthenticated" });
    expect((await client.closed).code).toBe(4401);
  });

  test("what was signed out stays so over a restart: a session's token, and one that stands for itself", async () => {
    const own = await Server.start({ members: 1 });
    const { rest, access } = await Rest.signIn(own);
    const minted = await own.token({ ttl: 86400 });
    expect((await rest.post("/auth/logout")).status).toBe(204);
    expect((await new Rest(own, minted).post("/auth/logout")).status).toBe(204);
    await own.restart();
    for (const token of [access, minted]) {
      expect((await new Rest(own, token).get("/me")).status).toBe(401);
      const client = await Client.open(own, { token });
      expect((await client.next("error")).payload).toMatchObject({ code: "unauthenticated" });
    }
    expect((await new Rest(own, await own.token()).get("/me")).status).toBe(200);
    await own.stop();
  });

  test("a token on a connection already in only renews it: same subject, no stats again", async () => {
    const client = await Client.following(server, owner);
    const renewed = await client.request("authenticate", { token: await server.token({ ttl: 1200 }) });
    expect(renewed.type).toBe("authentication_success");
    await client.settled();
    expect(client.messages.filter((message) => message.type === "initial_stats")).toHaveLength(1);
    await client.close();
  });

  test("another subject's token on a connection already in is 4401", async () => {
    const client = await Client.following(server, owner);
    client.send("authenticate", { token: await server.token({ sub: 99, role: "staff" }) });
    expect((await client.closed).code).toBe(4401);
  });

  test("locations that a renewed token no longer allows are announced and end", async () => {
    const client = await Client.following(server, owner);
    client.send("authenticate", { token: await server.token({ loc: "main" }) });
    const gone = await client.next("unsubscribed");
    expect(Object.keys(gone.payload.heads)).toEqual(["north"]);
    await client.close();
  });
});

describe("not in", () => {
  test.each([["token"], ["ticket"]] as const)("a bad ?%s= is upgraded, told, and closed with 4401", async (way) => {
    const client = await Client.open(server, { [way]: "nonsense" });
    expect((await client.next("error")).payload).toMatchObject({ code: "unauthenticated", success: false });
    expect(await client.closed).toEqual({ code: 4401, reason: "unauthenticated" });
  });

  test("a bad header is 401 with WWW-Authenticate", async () => {
    const refused = await Client.open(server, { bearer: "nonsense" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 401 });
    expect((refused as { headers: Record<string, string> }).headers["www-authenticate"]).toMatch(/^Bearer\b.*error="invalid_token"/);
  });

  test("a bad first message is told and closed with 4401", async () => {
    const client = await Client.open(server);
    client.send("authenticate", { token: "nonsense" }, "x");
    expect(await client.next("error")).toMatchObject({ id: "x", payload: { code: "unauthenticated", request: "authenticate" } });
    expect((await client.closed).code).toBe(4401);
  });

  test("only authenticate and heartbeat may be sent; the rest is refused", async () => {
    const client = await Client.open(server);
    expect((await client.request("heartbeat", { n: 1 })).type).toBe("heartbeat_ack");
    for (const type of ["check_in", "check_out", "subscribe", "get_stats"]) {
      client.send(type, { member_id: 1, location: "main", locations: "*" }, type);
      expect(await Promise.race([client.next("error", (message) => message.id === type), client.closed])).toMatchObject(
        { type: "error", payload: { code: "unauthenticated" } },
      );
    }
    await client.close();
  });

  test("after auth_timeout it is closed with 4401; heartbeats do not extend it", async () => {
    const client = await Client.open(server);
    const began = Date.now();
    const beat = setInterval(() => client.send("heartbeat", {}), 200);
    const { code } = await client.closed;
    clearInterval(beat);
    expect(code).toBe(4401);
    expect(Date.now() - began).toBeGreaterThan(1500);
    expect(Date.now() - began).toBeLessThan(5000);
  });

  test("a token that expires closes its connection with 4401 within a second of the moment", async () => {
    const client = await Client.following(server, await server.token({ ttl: 3 }));
    const expires = Date.parse((client.messages[0] as { payload: { expires_at: string } }).payload.expires_at);
    const { code } = await client.closed;
    expect(code).toBe(4401);
    expect(Math.abs(Date.now() - expires)).toBeLessThan(1500);
    expect(client.messages.some((message) => message.type === "token_expiring")).toBe(true);
  });
});
