// Contract 1: check_in and check_out; what is answered, what is broadcast, what counts.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";

let server: Server;
let owner: string;
let desk: Client;
let screen: Client;
let nextMember = 1;
/** Each test takes members that no other one touches. */
const fresh = (): number => nextMember++;

beforeAll(async () => {
  server = await Server.start({ members: 80 });
  owner = await server.token();
  desk = await Client.following(server, owner);
  screen = await Client.following(server, owner);
});
afterAll(async () => {
  await desk.close();
  await screen.close();
  await server.stop();
});

describe("a check-in", () => {
  test("is answered to the sender and broadcast to everyone, the sender too", async () => {
    const member = fresh();
    const reply = await desk.request("check_in", { member_id: member, location: "main", notes: "towel hired" });
    expect(reply).toMatchObject({
      type: "check_in_success",
      payload: { success: true, member: { id: member }, location: "main", replayed: false, repeated: false, warnings: expect.any(Array) },
    });
    for (const client of [desk, screen]) {
      const event = await client.next("member_checked_in", (message) => message.payload.visit_id === reply.payload.visit_id);
      expect(event.payload).toMatchObject({
        seq: reply.payload.seq,
        location: "main",
        at: reply.payload.checked_in_at,
        member: { id: member, name: reply.payload.member.name },
        notes: "towel hired",
        currently_in: reply.payload.currently_in,
      });
      expect(event.payload).not.toHaveProperty("late");
      expect(event).not.toHaveProperty("id");
    }
  });

  test("is numbered one by one at its location", async () => {
    const first = await desk.request("check_in", { member_id: fresh(), location: "north" });
    const second = await desk.request("check_in", { member_id: fresh(), location: "north" });
    expect(second.payload.seq).toBe(first.payload.seq + 1);
    expect(second.payload.currently_in).toBe(first.payload.currently_in + 1);
  });

  test("takes a card's code as text: leading zeros count, letter case and outer blanks do not", async () => {
    const { rest } = await Rest.signIn(server);
    const made = await rest.post("/members", { first_name: "Ida", last_name: "Falk", codes: [{ code: "00Ab77", kind: "card" }, { code: "qr-Token-1", kind: "qr" }] });
    expect(made.status).toBe(201);
    await rest.post(`/members/${made.body.id}/memberships`, { plan_id: 1, starts: "2020-01-01", ends: "2099-12-31" });
    const reply = await desk.request("check_in", { code: "  00aB77 ", location: "main" });
    expect(reply).toMatchObject({ type: "check_in_success", payload: { member: { id: made.body.id, name: "Ida Falk" } } });
    const out = await desk.request("check_out", { code: "qr-Token-1" });
    expect(out).toMatchObject({ type: "check_out_success", payload: { visit_id: reply.payload.visit_id } });
    for (const code of ["Ab77", "QR-TOKEN-1"]) {
      expect(await desk.request("check_in", { code, location: "main" })).toMatchObject({ type: "error", payload: { code: "member_not_found" } });
    }
  });

  test("within the repeat window answers again with the same visit, without an event", async () => {
    const member = fresh();
    const first = await desk.request("check_in", { member_id: member, location: "main" });
    const again = await desk.request("check_in", { member_id: member, location: "main" });
    expect(again).toMatchObject({
      type: "check_in_success",
      payload: { visit_id: first.payload.visit_id, seq: first.payload.seq, repeated: true, replayed: false, checked_in_at: first.payload.checked_in_at },
    });
    const ack = await screen.settled();
    expect(ack.payload.heads.main).toBe(first.payload.seq);
  });

  test("after a check-out is a new visit", async () => {
    const member = fresh();
    const first = await desk.request("check_in", { member_id: member, location: "main" });
    await desk.request("check_out", { member_id: member });
    const second = await desk.request("check_in", { member_id: member, location: "main" });
    expect(second).toMatchObject({ type: "check_in_success", payload: { repeated: false } });
    expect(second.payload.visit_id).not.toBe(first.payload.visit_id);
  });

  test("at another location ends the visit at the first: one event in each log", async () => {
    const member = fresh();
    const first = await desk.request("check_in", { member_id: member, location: "main" });
    const second = await desk.request("check_in", { member_id: member, location: "north" });
    expect(second).toMatchObject({ type: "check_in_success", payload: { location: "north", repeated: false } });
    const ended = await screen.next("member_checked_out", (message) => message.payload.visit_id === first.payload.visit_id);
    expect(ended.payload).toMatchObject({ location: "main", automatic: true, at: second.payload.checked_in_at });
    await screen.next("member_checked_in", (message) => message.payload.visit_id === second.payload.visit_id && message.payload.location === "north");
  });

  test("of one member from many desks at once makes one visit", async () => {
    const member = fresh();
    const desks = await Promise.all(Array.from({ length: 8 }, () => Client.following(server, owner)));
    const replies = await Promise.all(desks.map((client) => client.request("check_in", { member_id: member, location: "main" })));
    expect(new Set(replies.map((reply) => reply.payload.visit_id)).size).toBe(1);
    expect(replies.filter((reply) => reply.payload.repeated === false)).toHaveLength(1);
    await Promise.all(desks.map((client) => client.close()));
  });

  test("of nobody says «Member not found» and shows the code's last four characters at the desk", async () => {
    const reply = await desk.request("check_in", { code: "9988776655", location: "main" });
    expect(reply).toMatchObject({
      type: "error",
      payload: { success: false, code: "member_not_found", error: "Member not found", request: "check_in" },
    });
    const denied = await screen.next("check_in_denied", (message) => message.payload.code_last4 === "6655");
    expect(denied.payload).toMatchObject({ location: "main", code: "member_not_found", member: null, repeats: 0 });
    expect(JSON.stringify(denied)).not.toContain("9988776655");
    await desk.request("check_in", { code: "9988776655", location: "main" });
    const further = await screen.next("check_in_denied", (message) => message.payload.code_last4 === "6655");
    expect(further.payload).toMatchObject({ repeats: 1, seq: denied.payload.seq + 1 });
  });
});

describe("a check-out", () => {
  test("is answered and broadcast with how long the visit was", async () => {
    const member = fresh();
    const into = await desk.request("check_in", { member_id: member, location: "main" });
    const out = await desk.request("check_out", { member_id: member });
    expect(out).toMatchObject({
      type: "check_out_success",
      payload: {
        success: true, visit_id: into.payload.visit_id, member: { id: member }, location: "main",
        checked_in_at: into.payload.checked_in_at, currently_in: into.payload.currently_in - 1, replayed: false,
      },
    });
    expect(out.payload.duration_seconds).toBe(Math.floor((Date.parse(out.payload.checked_out_at) - Date.parse(into.payload.checked_in_at)) / 1000));
    const event = await screen.next("member_checked_out", (message) => message.payload.visit_id === into.payload.visit_id);
    expect(event.payload).toMatchObject({ seq: out.payload.seq, automatic: false, duration_seconds: out.payload.duration_seconds });
  });

  test("of somebody who is not in says so", async () => {
    const reply = await desk.request("check_out", { member_id: fresh() });
    expect(reply).toMatchObject({ type: "error", payload: { code: "not_checked_in", request: "check_out" } });
  });
});

describe("who and where", () => {
  test("an id may be a number or a string of digits", async () => {
    const member = fresh();
    expect(await desk.request("check_in", { member_id: `${member}`, location: "main" })).toMatchObject({ type: "check_in_success", payload: { member: { id: member } } });
  });

  test.each(["1.0", "1e1", "-1", "0", "9007199254740992", '"0042"', '"1e3"', '" 1"', '""', '"99999999999999999"', "null", "true", "[1]"])("member_id %s is bad_message, never rounded", async (form) => {
    const id = `form-${form}`.slice(0, 40).replaceAll('"', "'");
    desk.raw(`{"type":"check_in","id":${JSON.stringify(id)},"payload":{"member_id":${form},"location":"main"}}`);
    const reply = await desk.next("error", (message) => message.id === id);
    expect(reply.payload).toMatchObject({ code: "bad_message", request: "check_in", success: false });
  });

  test("both a member_id and a code, or neither, is bad_message", async () => {
    for (const payload of [{ member_id: 1, code: "1", location: "main" }, { location: "main" }]) {
      expect(await desk.request("check_in", payload)).toMatchObject({ type: "error", payload: { code: "bad_message" } });
    }
  });

  test("a location may be left out only where the token has one", async () => {
    expect(await desk.request("check_in", { member_id: fresh() })).toMatchObject({ type: "error", payload: { code: "location_required" } });
    const north = await Client.following(server, await server.token({ role: "staff", sub: 1, loc: "north" }));
    expect(await north.request("check_in", { member_id: fresh() })).toMatchObject({ type: "check_in_success", payload: { location: "north" } });
    await north.close();
  });

  test("a location may be its number; the reply gives the slug", async () => {
    const { rest } = await Rest.signIn(server);
    const location = await rest.get("/locations/main");
    const reply = await desk.request("check_in", { member_id: fresh(), location: location.body.id });
    expect(reply).toMatchObject({ type: "check_in_success", payload: { location: "main" } });
  });

  test("a location that is not there is location_not_found; one that the token lacks is forbidden", async () => {
    expect(await desk.request("check_in", { member_id: 1, location: "moon" })).toMatchObject({ type: "error", payload: { code: "location_not_found" } });
    const north = await Client.following(server, await server.token({ role: "staff", loc: "north" }));
    const reply = await north.request("check_in", { member_id: fresh(), location: "main" });
    expect(reply.type).toBe("error");
    expect(["forbidden", "location_not_found"]).toContain(reply.payload.code);
    await north.close();
  });

  test("notes hold 500 characters, counted as code points", async () => {
    const member = fresh();
    const reply = await desk.request("check_in", { member_id: member, location: "main", notes: "🏋".repeat(500) });
    expect(reply.type).toBe("check_in_success");
    const event = await screen.next("member_checked_in", (message) => message.payload.visit_id === reply.payload.visit_id);
    expect(event.payload.notes).toBe("🏋".repeat(500));
    expect(await desk.request("check_in", { member_id: fresh(), location: "main", notes: "a".repeat(501) })).toMatchObject({ type: "error", payload: { code: "bad_message" } });
  });
});

describe("statistics", () => {
  test("follow each event, and get_stats says the same", async () => {
    const before = (await desk.request("get_stats", { location: "north" })).payload.locations[0];
    const reply = await desk.request("check_in", { member_id: fresh(), location: "north" });
    const update = await screen.next("stats_update", (message) => message.payload.location === "north" && message.payload.as_of_seq >= reply.payload.seq);
    expect(update.payload).toMatchObject({
      check_ins_today: before.check_ins_today + 1,
      unique_members_today: before.unique_members_today + 1,
      currently_in: before.currently_in + 1,
    });
    expect(update.payload.hourly.reduce((sum: number, count: number) => sum + count, 0)).toBe(update.payload.check_ins_today);
    const after = (await desk.request("get_stats", { location: "north" })).payload.locations[0];
    expect(after).toEqual(update.payload);
  });

  test("come at most four times a second for one location, and always once after the last change", async () => {
    const watcher = await Client.following(server, owner);
    const members = Array.from({ length: 12 }, fresh);
    const began = Date.now();
    const replies = await Promise.all(members.map((member) => desk.request("check_in", { member_id: member, location: "main" })));
    const last = Math.max(...replies.map((reply) => reply.payload.seq as number));
    await watcher.next("stats_update", (message) => message.payload.as_of_seq >= last);
    const updates = watcher.messages.filter((message) => message.type === "stats_update" && message.payload.location === "main");
    expect(updates.length).toBeLessThanOrEqual(1 + Math.ceil(((Date.now() - began) / 1000) * 4));
    await watcher.close();
  });
});

describe("a guest", () => {
  const bring = (guest: object, more: object = {}): Promise<any> => desk.request("check_in", { location: "main", guest, ...more });

  test("comes with a member, needs no membership, and is seen by name and as what they are", async () => {
    const host = fresh();
    const reply = await bring({ name: "Noah Silva", of: host });
    expect(reply).toMatchObject({ type: "check_in_success", payload: { member: { name: "Noah Silva", status: "guest" }, repeated: false } });
    expect(reply.payload.member.id).not.toBe(host);
    const event = await desk.next("member_checked_in", (message) => message.payload.visit_id === reply.payload.visit_id);
    expect(event.payload.member).toMatchObject({ name: "Noah Silva", status: "guest" });
    expect(await bring({ name: "noah  SILVA", of: host })).toMatchObject({ payload: { repeated: true, visit_id: reply.payload.visit_id } });
    expect(await desk.request("check_out", { member_id: reply.payload.member.id })).toMatchObject({ type: "check_out_success" });
    expect(await bring({ name: "Noah Silva", of: host })).toMatchObject({ payload: { member: { id: reply.payload.member.id }, repeated: false } });
  });

  test("of another member is somebody else; the member comes in beside them", async () => {
    const [one, other] = [fresh(), fresh()];
    const first = await bring({ name: "Ada Vale", of: one });
    const second = await bring({ name: "Ada Vale" }, { member_id: other });
    expect(second.payload.member.id).not.toBe(first.payload.member.id);
    expect(await desk.request("check_in", { member_id: one, location: "main" })).toMatchObject({ type: "check_in_success", payload: { member: { id: one } } });
  });

  test("of nobody, or of who is banned, stays outside", async () => {
    expect(await bring({ name: "Ada Vale", of: 999_999 })).toMatchObject({ type: "error", payload: { code: "member_not_found" } });
    const host = fresh();
    const { rest } = await Rest.signIn(server);
    expect((await rest.patch(`/members/${host}`, { banned: true }, { "If-Match": "*" })).status).toBe(200);
    expect(await bring({ name: "Ada Vale", of: host })).toMatchObject({ type: "error", payload: { code: "member_banned" } });
  });

  test("stands among the members without a number, with who brings them, and may become one", async () => {
    const host = fresh();
    const { rest } = await Rest.signIn(server);
    const { id } = (await bring({ name: "Mona Guestova", of: host })).payload.member;
    expect((await rest.get("/members?q=guestova")).body.items).toMatchObject([{ id, status: "guest", guest_of: host, number: "" }]);
    expect((await rest.get("/members?status=guest")).body.items.map((member: { id: number }) => member.id)).toContain(id);
    expect((await rest.post(`/members/${id}/memberships`, { plan_id: 1, starts: "2026-01-01", ends: "2026-01-31" })).status).toBe(201);
    expect((await rest.get(`/members/${id}`)).body).toMatchObject({ status: "expired", guest_of: host });
  });
});
