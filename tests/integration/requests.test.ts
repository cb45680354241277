// Contract 1.1, point 3: the same id from the same user is the same request.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";

let server: Server;
let owner: string;
let nextMember = 1;
const fresh = (): number => nextMember++;

beforeAll(async () => {
  server = await Server.start({ members: 60 });
  owner = await server.token();
});
afterAll(() => server.stop());

test("twice is carried out once and answered alike", async () => {
  const desk = await Client.following(server, owner);
  const payload = { member_id: fresh(), location: "main" };
  const first = await desk.request("check_in", payload, "door-1");
  const second = await desk.request("check_in", payload, "door-1");
  expect(second.payload).toEqual({ ...first.payload, replayed: true });
  const ack = await desk.settled();
  expect(ack.payload.heads.main).toBe(first.payload.seq);
  await desk.close();
});

test("at once, over several connections, is carried out once", async () => {
  const desks = await Promise.all(Array.from({ length: 6 }, () => Client.following(server, owner)));
  const payload = { member_id: fresh(), location: "main" };
  const replies = await Promise.all(desks.map((desk) => desk.request("check_in", payload, "door-2")));
  expect(new Set(replies.map((reply) => reply.payload.seq)).size).toBe(1);
  expect(replies.filter((reply) => !reply.payload.replayed)).toHaveLength(1);
  for (const desk of desks) {
    await desk.settled();
    expect(desk.events("main").filter((event) => event.payload.member?.id === payload.member_id)).toHaveLength(1);
    await desk.close();
  }
});

test("with another payload or type it is id_reused, and nothing is done", async () => {
  const desk = await Client.following(server, owner);
  const member = fresh();
  await desk.request("check_in", { member_id: member, location: "main" }, "door-3");
  for (const [type, payload] of [["check_in", { member_id: fresh(), location: "main" }], ["check_in", { member_id: member, location: "north" }], ["check_out", { member_id: member }]] as const) {
    expect(await desk.request(type, payload, "door-3")).toMatchObject({ type: "error", id: "door-3", payload: { code: "id_reused" } });
  }
  const out = await desk.request("check_out", { member_id: member });
  expect(out.type).toBe("check_out_success");
  await desk.close();
});

test("of another user is another request", async () => {
  const first = await Client.following(server, owner);
  const other = await Client.following(server, await server.token({ sub: 4711, role: "staff" }));
  const [a, b] = [fresh(), fresh()];
  expect(await first.request("check_in", { member_id: a, location: "main" }, "door-4")).toMatchObject({ payload: { member: { id: a }, replayed: false } });
  expect(await other.request("check_in", { member_id: b, location: "main" }, "door-4")).toMatchObject({ payload: { member: { id: b }, replayed: false } });
  await first.close();
  await other.close();
});

test("an outcome that made no event is judged anew", async () => {
  const desk = await Client.following(server, owner);
  const member = fresh();
  expect(await desk.request("check_out", { member_id: member }, "door-5")).toMatchObject({ type: "error", payload: { code: "not_checked_in" } });
  await desk.request("check_in", { member_id: member, location: "main" });
  expect(await desk.request("check_out", { member_id: member }, "door-5")).toMatchObject({ type: "check_out_success", payload: { replayed: false } });
  await desk.close();
});

test("over REST it shares the space, as Idempotency-Key", async () => {
  const { rest } = await Rest.signIn(server);
  const payload = { member_id: fresh(), location: "main" };
  const first = await rest.post("/check-ins", payload, { "Idempotency-Key": "door-6" });
  expect(first.status).toBe(200);
  const again = await rest.post("/check-ins", payload, { "Idempotency-Key": "door-6" });
  expect(again.body).toEqual({ ...first.body, replayed: true });
  const reused = await rest.post("/check-ins", { ...payload, member_id: fresh() }, { "Idempotency-Key": "door-6" });
  expect(reused).toMatchObject({ status: 409, body: { code: "id_reused" } });
  const desk = await Client.following(server, owner); // the same user: the token's sub is the owner's
  expect(await desk.request("check_in", payload, "door-6")).toMatchObject({ type: "check_in_success", payload: { seq: first.body.seq, replayed: true } });
  await desk.close();
});

test("is the same request after kill -9 and a restart", async () => {
  const desk = await Client.following(server, owner);
  const payload = { member_id: fresh(), location: "main" };
  const first = await desk.request("check_in", payload, "door-7");
  await server.restart();
  const back = await Client.following(server, owner);
  const again = await back.request("check_in", payload, "door-7");
  expect(again.payload).toEqual({ ...first.payload, replayed: true });
  await back.close();
});

test("an id is 1 to 64 bytes of text", async () => {
  const desk = await Client.following(server, owner);
  const longest = "é".repeat(32);
  expect(await desk.request("heartbeat", {}, longest)).toMatchObject({ type: "heartbeat_ack", id: longest });
  for (const id of ["", "x".repeat(65), "é".repeat(33)]) {
    desk.send("heartbeat", {}, id);
    await desk.next("error", (message) => message.payload.code === "bad_message");
  }
  desk.raw('{"type":"heartbeat","id":7,"payload":{}}');
  await desk.next("error", (message) => message.payload.code === "bad_message");
  await desk.close();
});

describe("Idempotency-Key of what makes something new", () => {
  const cases: [string, string, object, object][] = [
    ["a member", "/members", { first_name: "Ida", last_name: "Potent" }, { first_name: "Ida", last_name: "Other" }],
    ["a location", "/locations", { slug: "pier", name: "Pier", timezone: "Europe/London" }, { slug: "dock", name: "Dock", timezone: "Europe/London" }],
    ["a membership", "/members/3/memberships", { plan_id: 1, starts: "2026-11-01" }, { plan_id: 1, starts: "2026-12-01" }],
  ];

  test.each(cases)("%s is made once, shown again, and another with the same key is id_reused", async (what, path, body, other) => {
    const rest = new Rest(server, owner);
    const key = { "Idempotency-Key": `new ${what}` };
    const answers = await Promise.all(Array.from({ length: 4 }, () => rest.post(path, body, key)));
    for (const answer of answers) expect(answer).toMatchObject({ status: 201, body: answers[0]?.body });
    expect(await rest.post(path, other, key)).toMatchObject({ status: 409, body: { code: "id_reused" } });
    const { body: list } = await rest.get(path === "/members" ? "/members?q=Ida%20Potent" : path);
    const same = (list.items as Record<string, unknown>[]).filter((item) => Object.entries(body).every(([name, value]) => item[name] === value));
    expect(same).toHaveLength(1);
  });

  test("a key that a check-in used is no key for a member, nor the other way", async () => {
    const rest = new Rest(server, owner);
    const desk = await Client.open(server, { bearer: owner });
    await desk.next("authentication_success");
    expect((await desk.request("check_in", { member_id: fresh(), location: "main" }, "shared-1")).type).toBe("check_in_success");
    expect(await rest.post("/members", { first_name: "No", last_name: "Body" }, { "Idempotency-Key": "shared-1" })).toMatchObject({ status: 409, body: { code: "id_reused" } });
    expect((await rest.post("/members", { first_name: "Some", last_name: "Body" }, { "Idempotency-Key": "shared-2" })).status).toBe(201);
    expect(await desk.request("check_in", { member_id: fresh(), location: "main" }, "shared-2")).toMatchObject({ type: "error", payload: { code: "id_reused" } });
    await desk.close();
  });
});

describe("Idempotency-Key of what changes something", () => {
  const key = (name: string, etag?: string): Record<string, string> => ({ "Idempotency-Key": name, ...(etag === undefined ? {} : { "If-Match": etag }) });
  const etagOf = async (rest: Rest, path: string): Promise<string> => (await rest.get(path)).headers.get("etag") ?? "";
  const enter = async (rest: Rest): Promise<number> => (await rest.post("/check-ins", { member_id: fresh(), location: "main" })).body.visit_id as number;

  test.each([
    ["a member", () => "/members/5", { notes: "once" }, { notes: "other" }],
    ["a location", () => "/locations/north", { name: "North, once" }, { name: "Other" }],
    ["a membership", () => "/members/6/memberships/6", { ends: "2031-01-01" }, { ends: "2032-01-01" }],
  ])("%s: a repeat is answered alike although its version is old by then, other content is id_reused", async (what, path, body, other) => {
    const rest = new Rest(server, owner);
    const etag = what === "a membership" ? "*" : await etagOf(rest, path());
    const first = await rest.patch(path(), body, key(`edit ${what}`, etag));
    expect(first.status).toBe(200);
    expect(await rest.patch(path(), body, key(`edit ${what}`, etag))).toMatchObject({ status: 200, body: first.body });
    expect(await rest.patch(path(), other, key(`edit ${what}`, etag))).toMatchObject({ status: 409, body: { code: "id_reused" } });
    expect((await rest.patch(path(), body, key(`edit ${what} again`, what === "a membership" ? undefined : etag))).status).toBe(what === "a membership" ? 200 : 412);
  });

  test("a visit is edited and undone once; the key of one visit is no key of another", async () => {
    const rest = new Rest(server, owner);
    const [visit, other] = [await enter(rest), await enter(rest)];
    const etag = await etagOf(rest, `/visits/${visit}`);
    const first = await rest.patch(`/visits/${visit}`, { notes: "left a bag" }, key("edit-1", etag));
    expect(first).toMatchObject({ status: 200, body: { notes: "left a bag" } });
    expect(await rest.patch(`/visits/${visit}`, { notes: "left a bag" }, key("edit-1", etag))).toMatchObject({ status: 200, body: first.body });
    expect((await rest.patch(`/visits/${visit}`, { notes: "left a bag" }, key("edit-2", etag))).status).toBe(412);
    expect(await rest.patch(`/visits/${other}`, { notes: "left a bag" }, key("edit-1", "*"))).toMatchObject({ status: 409, body: { code: "id_reused" } });

    const undo = (id: number): Promise<{ status: number; body: any }> => rest.call("DELETE", `/visits/${id}`, { headers: key("undo-1") });
    expect((await undo(visit)).status).toBe(204);
    expect((await undo(visit)).status).toBe(204);
    expect(await undo(other)).toMatchObject({ status: 409, body: { code: "id_reused" } });
    expect((await rest.call("DELETE", `/visits/${visit}`)).status).toBe(404);
    expect((await rest.get(`/visits/${other}`)).status).toBe(200);
  });

  test("of two edits of one version that come at once, one is stale", async () => {
    const rest = new Rest(server, owner);
    for (let round = 0; round < 10; round++) {
      const visit = await enter(rest);
      const etag = await etagOf(rest, `/visits/${visit}`);
      const answers = await Promise.all(["a", "b", "c"].map((notes) => rest.patch(`/visits/${visit}`, { notes }, { "If-Match": etag })));
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412]);
    }
  });

  test("a list is imported once; another list with the key is id_reused", async () => {
    const rest = new Rest(server, owner);
    const csv = "first name,last name,card\nOnce,Imported,ONCE-1\nTwice,Imported,ONCE-2\n";
    const upload = (list: string, query = ""): Promise<{ status: number; body: any }> =>
      rest.post(`/members/import${query}`, list, { "Content-Type": "text/csv", "Idempotency-Key": "list-1" });
    expect(await upload(csv, "?dry_run=true")).toMatchObject({ status: 200, body: { created: 2, dry_run: true } });
    const first = await upload(csv);
    expect(first).toMatchObject({ status: 200, body: { created: 2, updated: 0 } });
    expect(await upload(csv)).toMatchObject({ status: 200, body: first.body });
    expect(await upload(csv.replace("ONCE-2", "ONCE-3"))).toMatchObject({ status: 409, body: { code: "id_reused" } });
    expect((await rest.get("/members?q=imported")).body.items).toHaveLength(2);
  });
});
