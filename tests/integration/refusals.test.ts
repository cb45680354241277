// Contract 1.3: the problems that a desk meets, what staff may override, how refusals are counted.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";
import { settings } from "../support/settings.ts";

let server: Server;
let rest: Rest;
let owner: Client;
let staff: Client;
let kiosk: Client;
let planId: number;

beforeAll(async () => {
  server = await Server.start({ clean: false, members: 200, args: [settings.repeatWindow(1)] });
  rest = (await Rest.signIn(server)).rest;
  // Open at all hours, so that the clock of whoever runs this does not matter.
  for (const slug of ["main", "north"]) await setLocation(slug, { hours: null, capacity: null });
  planId = (await rest.get("/plans")).body.items.find((plan: { visits: number | null }) => plan.visits === null).id;
  owner = await Client.following(server, await server.token());
  staff = await Client.following(server, await server.token({ role: "staff", sub: 41, loc: "main" }));
  kiosk = await Client.following(server, await server.token({ role: "kiosk", sub: 42, loc: "main" }));
});
afterAll(async () => {
  await Promise.all([owner, staff, kiosk].map((client) => client.close()));
  await server.stop();
});

async function setLocation(slug: string, change: Record<string, unknown>): Promise<void> {
  const location = await rest.get(`/locations/${slug}`);
  const answer = await rest.patch(`/locations/${slug}`, change, { "If-Match": location.headers.get("etag") ?? "" });
  expect(answer.status).toBe(200);
}

const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
let made = 0;

async function member(membership?: { starts: string; ends?: string; change?: Record<string, unknown> }, fields: Record<string, unknown> = {}): Promise<number> {
  made++;
  const created = await rest.post("/members", { first_name: "Rule", last_name: `Probe${made}`, ...fields });
  expect(created.status).toBe(201);
  const { id } = created.body as { id: number };
  if (membership) {
    const { change, ...dates } = membership;
    const answer = await rest.post(`/members/${id}/memberships`, { plan_id: planId, ...dates });
    expect(answer.status).toBe(201);
    if (change) expect((await rest.patch(`/members/${id}/memberships/${answer.body.id}`, change)).status).toBe(200);
  }
  return id;
}

const valid = { starts: day(-30), ends: day(30) };

describe("a membership", () => {
  const cases: [string, string, () => Promise<number>][] = [
    ["that has ended", "membership_expired", () => member({ starts: day(-60), ends: day(-2) })],
    ["that has not begun", "membership_not_started", () => member({ starts: day(2), ends: day(60) })],
    ["that is frozen", "membership_frozen", () => member({ ...valid, change: { frozen_from: day(-3), frozen_to: day(3) } })],
    ["that is cancelled", "membership_cancelled", () => member({ ...valid, change: { cancelled_on: day(-2) } })],
  ];
  test.each(cases)("%s is refused as %s, with the member, and staff may override with a reason", async (_name, code, make) => {
    const id = await make();
    const refused = await staff.request("check_in", { member_id: id });
    expect(refused).toMatchObject({ type: "error", payload: { success: false, code, request: "check_in", member: { id }, can_override: true } });
    expect(refused.payload.error.length).toBeGreaterThan(5);
    expect((await staff.next("check_in_denied", (message) => message.payload.member?.id === id)).payload).toMatchObject({ code, repeats: 0 });
    expect(await staff.request("check_in", { member_id: id, override: { reason: "" } })).toMatchObject({ type: "error", payload: { code: "bad_message" } });
    const passed = await staff.request("check_in", { member_id: id, override: { reason: "paid in cash just now" } });
    expect(passed).toMatchObject({ type: "check_in_success", payload: { member: { id } } });
    const visit = await rest.get(`/visits/${passed.payload.visit_id}`);
    expect(visit.body.override_reason).toBe("paid in cash just now");
  });

  test("ends at the end of its last day", async () => {
    expect(await staff.request("check_in", { member_id: await member({ starts: day(-30), ends: day(0) }) })).toMatchObject({ type: "check_in_success" });
  });

  test("that is valid is found beside others that are not", async () => {
    const id = await member({ starts: day(-60), ends: day(-2) });
    await rest.post(`/members/${id}/memberships`, { plan_id: planId, ...valid });
    expect(await staff.request("check_in", { member_id: id })).toMatchObject({ type: "check_in_success", payload: { member: { status: "active" } } });
  });

  test("with none valid, the reason is the one that the member can act on", async () => {
    const id = await member({ starts: day(-60), ends: day(-2) });
    await rest.post(`/members/${id}/memberships`, { plan_id: planId, starts: day(5), ends: day(50) });
    expect(await staff.request("check_in", { member_id: id })).toMatchObject({ payload: { code: "membership_expired" } });
  });
});

describe("a banned member", () => {
  test("passes no override of staff, only a manager's or owner's", async () => {
    const id = await member(valid);
    const read = await rest.get(`/members/${id}`);
    expect((await rest.patch(`/members/${id}`, { banned: true }, { "If-Match": read.headers.get("etag") ?? "" })).status).toBe(200);
    const override = { reason: "the manager knows" };
    expect(await staff.request("check_in", { member_id: id })).toMatchObject({ payload: { code: "member_banned", can_override: false } });
    expect(await staff.request("check_in", { member_id: id, override })).toMatchObject({ type: "error", payload: { code: "member_banned" } });
    expect(await owner.request("check_in", { member_id: id, location: "main" })).toMatchObject({ payload: { code: "member_banned", can_override: true } });
    expect(await owner.request("check_in", { member_id: id, location: "main", override })).toMatchObject({ type: "check_in_success" });
  });
});

describe("refusals", () => {
  test("at a kiosk offer no override", async () => {
    const id = await member({ starts: day(-60), ends: day(-2) });
    const refused = await kiosk.request("check_in", { member_id: id });
    expect(refused).toMatchObject({ payload: { code: "membership_expired" } });
    expect(refused.payload.can_override ?? false).toBe(false);
  });

  test("of one member at one place within 5 min are one line, counted up; denied_today counts the first only", async () => {
    const id = await member({ starts: day(-60), ends: day(-2) });
    const before = (await staff.request("get_stats", { location: "main" })).payload.locations[0].denied_today as number;
    for (let repeats = 0; repeats < 3; repeats++) {
      await staff.request("check_in", { member_id: id });
      const denied = await staff.next("check_in_denied", (message) => message.payload.member?.id === id);
      expect(denied.payload).toMatchObject({ repeats, source: "desk", code: "membership_expired" });
    }
    await kiosk.request("check_in", { member_id: id });
    expect((await staff.next("check_in_denied", (message) => message.payload.member?.id === id)).payload).toMatchObject({ repeats: 0, source: "kiosk" });
    const after = (await staff.request("get_stats", { location: "main" })).payload.locations[0].denied_today as number;
    expect(after).toBe(before + 2);
  });
});

describe("already in", () => {
  test("after the repeat window is refused with the member; it is no denial; an override begins a new visit", async () => {
    const id = await member(valid);
    const first = await staff.request("check_in", { member_id: id });
    const before = (await staff.request("get_stats", { location: "main" })).payload.locations[0].denied_today as number;
    await new Promise((resolve) => setTimeout(resolve, 1300));
    const refused = await staff.request("check_in", { member_id: id });
    expect(refused).toMatchObject({ type: "error", payload: { code: "already_checked_in", member: { id }, can_override: true } });
    const after = (await staff.request("get_stats", { location: "main" })).payload.locations[0].denied_today as number;
    expect(after).toBe(before);
    const anew = await staff.request("check_in", { member_id: id, override: { reason: "came back by the side door" } });
    expect(anew).toMatchObject({ type: "check_in_success" });
    expect(anew.payload.visit_id).not.toBe(first.payload.visit_id);
    await staff.next("member_checked_out", (message) => message.payload.visit_id === first.payload.visit_id);
  });
});

describe("a location", () => {
  test("that is closed refuses by its hours", async () => {
    const id = await member(valid);
    await setLocation("north", { hours: [[], [], [], [], [], [], []] });
    expect(await owner.request("check_in", { member_id: id, location: "north" })).toMatchObject({ payload: { code: "outside_hours" } });
    await setLocation("north", { hours: null });
    expect(await owner.request("check_in", { member_id: id, location: "north" })).toMatchObject({ type: "check_in_success" });
  });

  test("that is full refuses; a hard capacity passes no override", async () => {
    const inside = (await owner.request("get_stats", { location: "north" })).payload.locations[0].currently_in as number;
    await setLocation("north", { capacity: inside + 1, hard_capacity: true });
    expect(await owner.request("check_in", { member_id: await member(valid), location: "north" })).toMatchObject({ type: "check_in_success" });
    const id = await member(valid);
    expect(await owner.request("check_in", { member_id: id, location: "north" })).toMatchObject({ payload: { code: "capacity_reached", can_override: false } });
    expect(await owner.request("check_in", { member_id: id, location: "north", override: { reason: "let them in" } })).toMatchObject({ payload: { code: "capacity_reached" } });
  });
});

test("the demo's members have each of the problems that a desk meets", async () => {
  for (const status of ["active", "expired", "frozen", "banned"]) {
    const found = await rest.get(`/members?status=${status}&limit=200`);
    expect(found.body.items.length, status).toBeGreaterThan(0);
    expect(found.body.items.every((one: { status: string }) => one.status === status)).toBe(true);
  }
});
