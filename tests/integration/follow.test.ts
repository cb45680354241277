// Contract 1: subscribe, unsubscribe, get_stats, heartbeat: who follows what.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Server } from "../support/server.ts";

let server: Server;
let owner: string;
let nextMember = 1;
const fresh = (): number => nextMember++;

beforeAll(async () => {
  server = await Server.start({ members: 60, locations: 3 });
  owner = await server.token();
});
afterAll(() => server.stop());

const quietDesk = async (): Promise<Client> => {
  const client = await Client.open(server, { bearer: owner });
  await client.next("authentication_success");
  return client;
};

test("in by header, a connection follows nothing until it says what", async () => {
  const desk = await quietDesk();
  const reply = await desk.request("check_in", { member_id: fresh(), location: "main" });
  expect(reply.type).toBe("check_in_success");
  const ack = await desk.settled();
  expect(ack.payload.heads).toEqual({});
  expect(desk.events()).toEqual([]);

  const subscribed = await desk.request("subscribe", { locations: ["main"] });
  expect(subscribed).toMatchObject({ type: "subscribed", payload: { heads: { main: reply.payload.seq } } });
  const next = await desk.request("check_in", { member_id: fresh(), location: "main" });
  await desk.next("member_checked_in", (message) => message.payload.seq === next.payload.seq);
  await desk.request("check_in", { member_id: fresh(), location: "north" });
  await desk.settled();
  expect(desk.events("north")).toEqual([]);
  await desk.close();
});

test("`*` follows all that the token allows", async () => {
  const desk = await quietDesk();
  const subscribed = await desk.request("subscribe", { locations: "*" });
  expect(Object.keys(subscribed.payload.heads)).toHaveLength(3);
  await desk.close();
});

test("a location that is not there or not allowed is refused by its code, the others go on", async () => {
  const staff = await Client.open(server, { bearer: await server.token({ role: "staff", loc: "main" }) });
  await staff.next("authentication_success");
  const subscribed = await staff.request("subscribe", { locations: ["main", "north", "moon"] });
  expect(subscribed.type).toBe("subscribed");
  expect(Object.keys(subscribed.payload.heads)).toEqual(["main"]);
  expect(JSON.stringify(subscribed.payload)).toMatch(/"moon".*location_not_found|location_not_found.*"moon"/);
  expect(JSON.stringify(subscribed.payload)).toContain('"north"');
  await staff.close();
});

test("a token renewed to a role that follows nothing leaves all", async () => {
  const screen = await Client.following(server, owner);
  screen.send("authenticate", { token: await server.token({ role: "member" }) }, "lower");
  expect((await screen.next("unsubscribed")).payload.heads).toHaveProperty("main");
  const desk = await quietDesk();
  const reply = await desk.request("check_in", { member_id: fresh(), location: "main" });
  expect(reply.type).toBe("check_in_success");
  expect((await screen.settled()).payload.heads).toEqual({});
  expect(screen.events().filter((event) => event.payload.seq === reply.payload.seq)).toEqual([]);
  await desk.close();
  await screen.close();
});

test("unsubscribe ends it: nothing more of that location comes", async () => {
  const screen = await Client.following(server, owner);
  const reply = await screen.request("unsubscribe", { locations: ["north"] });
  expect(reply).toMatchObject({ type: "unsubscribed", payload: { heads: { north: expect.any(Number) } } });
  const desk = await quietDesk();
  await desk.request("check_in", { member_id: fresh(), location: "north" });
  const main = await desk.request("check_in", { member_id: fresh(), location: "main" });
  await screen.next("member_checked_in", (message) => message.payload.seq === main.payload.seq && message.payload.location === "main");
  const ack = await screen.settled();
  expect(ack.payload.heads).not.toHaveProperty("north");
  expect(screen.events("north")).toEqual([]);
  await screen.close();
  await desk.close();
});

test("authenticate may name the locations to follow", async () => {
  const screen = await Client.open(server);
  screen.send("authenticate", { token: owner, locations: ["north"] });
  await screen.next("authentication_success");
  const stats = await screen.next("initial_stats");
  expect(stats.payload.locations.map((one: { location: string }) => one.location)).toEqual(["north"]);
  const ack = await screen.settled();
  expect(Object.keys(ack.payload.heads)).toEqual(["north"]);
  await screen.close();
});

test("initial_stats brings figures, totals and the last events, newest first", async () => {
  const desk = await quietDesk();
  for (let count = 0; count < 3; count++) await desk.request("check_in", { member_id: fresh(), location: "main" });
  const screen = await Client.open(server, { token: owner });
  await screen.next("authentication_success");
  const { payload } = await screen.next("initial_stats");
  expect(payload.locations).toHaveLength(3);
  const sum = (field: string): number => payload.locations.reduce((total: number, one: Record<string, number>) => total + (one[field] ?? 0), 0);
  expect(payload.totals).toMatchObject({ currently_in: sum("currently_in"), check_ins_today: sum("check_ins_today") });
  const recent = payload.recent as { payload: { seq: number; location: string; at: string } }[];
  expect(recent.length).toBeGreaterThanOrEqual(3);
  expect(recent.length).toBeLessThanOrEqual(50);
  const times = recent.map((event) => Date.parse(event.payload.at));
  expect(times).toEqual([...times].sort((a, b) => b - a));
  await screen.close();
  await desk.close();
});

test("get_stats without a location gives all that are allowed", async () => {
  const desk = await quietDesk();
  const stats = await desk.request("get_stats", {});
  expect(stats.type).toBe("stats");
  expect(stats.payload.locations).toHaveLength(3);
  expect(await desk.request("get_stats", { location: "moon" })).toMatchObject({ type: "error", payload: { code: "location_not_found" } });
  await desk.close();
});

test("a heartbeat is acknowledged with its echo, the time and the heads", async () => {
  const screen = await Client.following(server, owner);
  const ack = await screen.request("heartbeat", { sent: 17, text: "ü" });
  expect(ack.type).toBe("heartbeat_ack");
  expect(JSON.stringify(ack.payload)).toContain('{"sent":17,"text":"ü"}');
  expect(Math.abs(Date.parse(ack.payload.server_time) - Date.now())).toBeLessThan(5000);
  expect(Object.keys(ack.payload.heads).sort()).toEqual(screen.messages[0]?.payload.locations.slice().sort());
  expect(await screen.request("heartbeat", { text: "x".repeat(300) })).toMatchObject({ type: "error", payload: { code: "bad_message" } });
  await screen.close();
});
