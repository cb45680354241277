// Contract 2, `events`: the socket's broadcasts as server-sent events, resumed by Last-Event-ID.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";
import { Stream } from "../support/stream.ts";

let server: Server;
let owner: string;
let desk: Client;
let member = 0;

beforeAll(async () => {
  server = await Server.start({ members: 400, args: ["--live.memory_events=20"] });
  owner = await server.token();
  desk = await Client.open(server, { bearer: owner });
  await desk.next("authentication_success");
});
afterAll(() => server.stop());

const checkIn = async (location = "main"): Promise<number> => {
  const reply = await desk.request("check_in", { member_id: ++member, location });
  expect(reply.type).toBe("check_in_success");
  return reply.payload.seq as number;
};
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe("the stream", () => {
  test("is an event stream that no cache keeps and no proxy holds back", async () => {
    const stream = await Stream.open(server, { token: owner });
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.response.headers.get("cache-control")).toBe("no-store");
    expect(stream.response.headers.get("x-accel-buffering")).toBe("no");
    stream.close();
  });

  test("begins as a socket does, then shows each event and the statistics", async () => {
    const stream = await Stream.open(server, { token: owner });
    await stream.next("initial_stats");
    expect(stream.messages.slice(0, 2).map((message) => message.type)).toEqual(["authentication_success", "initial_stats"]);
    const seqs = [await checkIn(), await checkIn(), await checkIn()];
    await stream.until(() => stream.seqs("main").length === 3, "three events");
    expect(stream.seqs("main")).toEqual(seqs);
    await stream.next("stats_update");
    stream.close();
  });

  test("each event has an id of its own that stands for all locations", async () => {
    const stream = await Stream.open(server, { token: owner });
    await stream.next("initial_stats");
    await checkIn("main");
    await checkIn("north");
    await stream.until(() => stream.seqs("main").length === 1 && stream.seqs("north").length === 1, "both events");
    const ids = stream.messages.map((message, at) => ({ id: stream.ids[at], event: message.payload.seq !== undefined })).filter((one) => one.event);
    expect(new Set(ids.map((one) => one.id)).size).toBe(2);
    stream.close();
  });

  test("a viewer gets event_hidden where staff get the refusal", async () => {
    const stream = await Stream.open(server, { token: await server.token({ role: "viewer", sub: 7 }), locations: "main" });
    await stream.next("initial_stats");
    await desk.request("check_in", { code: "nobody-has-this", location: "main" });
    await stream.next("event_hidden");
    expect(stream.messages.some((message) => message.type === "check_in_denied")).toBe(false);
    stream.close();
  });
});

describe("Last-Event-ID", () => {
  test.each([
    ["from memory", 3],
    ["from the store", 60],
  ])("gives what was missed %s, then the live ones, each once", async (_from, missed) => {
    const before = await Stream.open(server, { token: owner });
    await before.next("initial_stats");
    const seen = await checkIn();
    await before.until(() => before.seqs("main").includes(seen), "the event");
    before.close();
    for (let count = 0; count < missed; count++) await checkIn(count % 3 === 0 ? "north" : "main");
    const after = await Stream.open(server, { token: owner, lastId: before.lastId });
    expect((await after.next("authentication_success")).payload.recovered).toBe(true);
    const last = await checkIn();
    await after.until(() => after.seqs("main").includes(last), "the live event");
    expect(after.seqs("main")).toEqual(range(seen + 1, last));
    expect(after.seqs("north")).toHaveLength(Math.ceil(missed / 3));
    after.close();
  });

  test("of another history: resync_required with an empty id, and the stream ends", async () => {
    const stream = await Stream.open(server, { token: owner, lastId: "0123456789abcdef.1.1.2.1" });
    expect((await stream.next("authentication_success")).payload.recovered).toBe(false);
    await stream.until(() => stream.ended, "end");
    expect(stream.messages.filter((message) => message.type === "resync_required")).toHaveLength(2);
    expect(stream.lastId).toBe("");
  });

  test("survives a restart of the server", async () => {
    const before = await Stream.open(server, { token: owner, locations: "main" });
    await before.next("initial_stats");
    const seen = await checkIn();
    await before.until(() => before.seqs("main").includes(seen), "the event");
    const missed = await checkIn();
    const { lastId } = { lastId: before.ids[before.messages.findIndex((message) => message.payload.seq === seen)] as string };
    before.close();
    await server.restart();
    desk = await Client.open(server, { bearer: owner });
    await desk.next("authentication_success");
    const after = await Stream.open(server, { token: owner, locations: "main", lastId });
    await after.until(() => after.seqs("main").includes(missed), "the missed event");
    expect(after.seqs("main")).toEqual([missed]);
    after.close();
  });

  test.each(["nonsense", "0123456789abcdef.1", "0123456789abcdef.1.x", "..", "x.1.-1"])("%s is 400", async (lastId) => {
    const stream = await Stream.open(server, { token: owner, lastId });
    expect(stream.response.status).toBe(400);
    stream.close();
  });
});

describe("who may", () => {
  test("no token is 401", async () => {
    const stream = await Stream.open(server, {});
    expect(stream.response.status).toBe(401);
    expect(stream.response.headers.get("www-authenticate")).toContain("Bearer");
  });
  test("a member is 403", async () => expect((await Stream.open(server, { token: await server.token({ role: "member", sub: 9 }) })).response.status).toBe(403));
  test("another's location is 403, an unknown one 404, an empty list 400", async () => {
    const north = await server.token({ role: "staff", sub: 8, loc: "north" });
    expect((await Stream.open(server, { token: north, locations: "main" })).response.status).toBe(403);
    expect((await Stream.open(server, { token: owner, locations: "nowhere" })).response.status).toBe(404);
    expect((await Stream.open(server, { token: owner, locations: "," })).response.status).toBe(400);
  });
  test("signing out ends the stream with an error", async () => {
    const { rest, access } = await Rest.signIn(server);
    const stream = await Stream.open(server, { token: access });
    await stream.next("initial_stats");
    expect((await rest.post("/auth/logout")).status).toBe(204);
    await stream.until(() => stream.ended, "end");
    expect(stream.messages.at(-1)).toMatchObject({ type: "error", payload: { code: "unauthenticated" } });
  });
  test("an expired token ends the stream with an error", async () => {
    const stream = await Stream.open(server, { token: await server.token({ ttl: 2 }) });
    await stream.until(() => stream.ended, "end");
    expect(stream.messages.at(-1)).toMatchObject({ type: "error", payload: { code: "unauthenticated" } });
  });
});

test("a draining server says when to come back", async () => {
  const other = await Server.start({ members: 5 });
  const stream = await Stream.open(other, { token: await other.token() });
  await stream.next("initial_stats");
  await other.stop();
  await stream.until(() => stream.ended, "end");
  expect(stream.messages.at(-1)?.type).toBe("server_draining");
  expect(stream.retry).toBe(stream.messages.at(-1)?.payload.reconnect_after_ms);
});
