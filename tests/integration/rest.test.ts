// REST as docs/api/openapi.yaml says it; each answer's form is checked by the client itself (support/schema.ts).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server, footfall } from "../support/server.ts";

let server: Server;
let rest: Rest;

beforeAll(async () => {
  server = await Server.start({ members: 120 });
  rest = (await Rest.signIn(server)).rest;
});
afterAll(() => server.stop());

describe("auth", () => {
  test("a program gets its refresh token in the answer, and no cookie", async () => {
    const answer = await new Rest(server).post("/auth/login", server.owner);
    expect(answer).toMatchObject({ status: 200, body: { access: expect.any(String), refresh: expect.any(String), expires_in: 900, user: { role: "owner", email: server.owner.email } } });
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.headers.get("cache-control")).toContain("no-store");
  });

  test("a browser gets it as a cookie that scripts and other sites cannot reach", async () => {
    const answer = await new Rest(server).post("/auth/login", server.owner, { Origin: server.origin });
    expect(answer).toMatchObject({ status: 200, body: { refresh: null } });
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^footfall_refresh=[^;]+;/);
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/api/v1/auth"]) expect(cookie).toContain(part);
    const pair = cookie.split(";")[0] ?? "";
    const renewed = await new Rest(server).post("/auth/refresh", undefined, { Cookie: pair, Origin: server.origin });
    expect(renewed).toMatchObject({ status: 200, body: { refresh: null, access: expect.any(String) } });
    expect((await new Rest(server).post("/auth/refresh", undefined, { Cookie: pair, Origin: "http://evil.example" })).status).toBe(403);
    expect((await new Rest(server).get("/me", { Cookie: pair })).status).toBe(401);
  });

  test("from a foreign origin is 403", async () => {
    expect(await new Rest(server).post("/auth/login", server.owner, { Origin: "http://evil.example" })).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });

  test("a wrong password and a wrong email get the same answer", async () => {
    const password = await new Rest(server).post("/auth/login", { ...server.owner, password: "wrong" });
    const email = await new Rest(server).post("/auth/login", { email: "nobody@example.org", password: "wrong" });
    expect(password).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(email.body).toEqual(password.body);
  });

  test("a refresh token is good once; its second use, after the successor's, ends the whole session", async () => {
    const { refresh, access } = await Rest.signIn(server);
    const open = new Rest(server);
    const screen = await Client.open(server, { bearer: access });
    await screen.next("authentication_success");
    const second = await open.post("/auth/refresh", { refresh });
    expect(second.status).toBe(200);
    expect(second.body.refresh).not.toBe(refresh);
    const third = await open.post("/auth/refresh", { refresh: second.body.refresh });
    expect(third.status).toBe(200);
    expect(await open.post("/auth/refresh", { refresh })).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect((await open.post("/auth/refresh", { refresh: third.body.refresh })).status).toBe(401);
    expect((await screen.closed).code).toBe(4401);
  });

  test("a lost answer may be asked for again within 10 s, while the successor is unused", async () => {
    const { refresh } = await Rest.signIn(server);
    const open = new Rest(server);
    expect((await open.post("/auth/refresh", { refresh })).status).toBe(200);
    const again = await open.post("/auth/refresh", { refresh });
    expect(again.status).toBe(200);
    expect((await open.post("/auth/refresh", { refresh: again.body.refresh })).status).toBe(200);
  });

  test("signing out ends tokens and live sockets, and is 204 a second time", async () => {
    const { rest: mine, access, refresh } = await Rest.signIn(server);
    const screen = await Client.open(server, { bearer: access });
    await screen.next("authentication_success");
    const began = Date.now();
    expect((await mine.post("/auth/logout")).status).toBe(204);
    expect((await screen.closed).code).toBe(4401);
    expect(Date.now() - began).toBeLessThan(1500);
    expect((await mine.get("/me")).status).toBe(401);
    expect((await new Rest(server).post("/auth/refresh", { refresh })).status).toBe(401);
    expect((await new Rest(server).post("/auth/logout", { refresh })).status).toBe(204);
  });

  test("me says who", async () => {
    expect((await rest.get("/me")).body).toMatchObject({ id: 1, role: "owner", email: server.owner.email, locations: ["main", "north"] });
  });

  test.each([["no JSON", "{"], ["a list", "[]"], ["no password", '{"email":"a@b.c"}'], ["a number", '{"email":"a@b.c","password":1}'], ["a key twice", '{"email":"a","email":"b","password":"c"}']])("%s is 400", async (_name, body) => {
    const answer = await new Rest(server).post("/auth/login", body, { "Content-Type": "application/json" });
    expect(answer.status).toBe(400);
    expect(["bad_json", "bad_message"]).toContain(answer.body.code);
  });

  test("another media type is 415", async () => {
    expect((await new Rest(server).post("/auth/login", "email=a", { "Content-Type": "application/x-www-form-urlencoded" })).status).toBe(415);
  });
});

describe("members", () => {
  const people = [
    { first_name: "Łukasz", last_name: "Żółć-O'Hara", phone: "+49 (0)170 555-0101", email: "lukasz@example.org", number: "L-77", codes: [{ code: "0000054321", kind: "card" }] },
    { first_name: "Søren", last_name: "Großmann", phone: "0170 5550102", email: "soeren@example.org", number: "L-78" },
    { first_name: "José María", last_name: "d’Angelo", phone: "+34 600 111 222", number: "L-79" },
  ];
  beforeAll(async () => {
    for (const person of people) expect((await rest.post("/members", person)).status).toBe(201);
  });

  const first = async (q: string): Promise<string | undefined> => (await rest.get(`/members?q=${encodeURIComponent(q)}`)).body.items[0]?.number as string | undefined;

  test.each([
    ["lukasz", "L-77"], ["LUKASZ zolc", "L-77"], ["ohara luk", "L-77"], ["o'hara", "L-77"], ["zolc-ohara", "L-77"], ["Żółć", "L-77"],
    ["soren", "L-78"], ["grossmann", "L-78"], ["Großmann sø", "L-78"], ["groß", "L-78"],
    ["jose maria", "L-79"], ["dangelo", "L-79"], ["d'angelo jos", "L-79"],
    ["01705550101", "L-77"], ["+491705550101", "L-77"], ["0170/555-0102", "L-78"], ["600111222", "L-79"], ["600 111", "L-79"],
    ["L-79", "L-79"], ["l-78", "L-78"], ["soeren@example.org", "L-78"], ["0000054321", "L-77"],
  ])("«%s» finds %s", async (q, number) => {
    expect(await first(q)).toBe(number);
  });

  test("what matches nobody finds nobody", async () => {
    expect((await rest.get("/members?q=zzzzqqq")).body).toEqual({ items: [], next: null });
  });

  test("come in pages that together are everyone once", async () => {
    const seen: number[] = [];
    let next: string | null = null;
    do {
      const page = await rest.get(`/members?limit=50${next === null ? "" : `&cursor=${encodeURIComponent(next)}`}`);
      seen.push(...page.body.items.map((one: { id: number }) => one.id));
      next = page.body.next as string | null;
    } while (next !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(123);
  });

  test.each(["limit=0", "limit=201", "limit=x", "cursor=nonsense", "status=asleep"])("?%s is 400", async (query) => {
    expect((await rest.get(`/members?${query}`)).status).toBe(400);
  });

  test("are read and changed with ETag and If-Match", async () => {
    const created = await rest.post("/members", { first_name: "Eve", last_name: "Tag", notes: "Prefers the morning" });
    const path = `/members/${created.body.id}`;
    expect(created.headers.get("location")).toBe(`/api/v1${path}`);
    const read = await rest.get(path);
    const etag = read.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[^"]+"$/);
    expect(await rest.patch(path, { phone: "1" })).toMatchObject({ status: 428, body: { code: "precondition_required" } });
    const changed = await rest.patch(path, { phone: "+44 7700 900002", notes: null }, { "If-Match": etag });
    expect(changed).toMatchObject({ status: 200, body: { phone: "+44 7700 900002", notes: null, first_name: "Eve" } });
    expect(changed.headers.get("etag")).not.toBe(etag);
    expect(await rest.patch(path, { phone: "2" }, { "If-Match": etag })).toMatchObject({ status: 412, body: { code: "precondition_failed" } });
  });

  test("numbers and codes belong to one", async () => {
    expect(await rest.post("/members", { first_name: "Second", number: "L-77" })).toMatchObject({ status: 409, body: { code: "conflict", field: "number" } });
    expect(await rest.post("/members", { first_name: "Second", codes: [{ code: " 0000054321 ", kind: "card" }] })).toMatchObject({ status: 409, body: { code: "conflict", field: "codes" } });
  });

  test.each([
    ["no name", { email: "a@example.org" }], ["a blank name", { first_name: "  " }], ["no email", { first_name: "A", email: "not an address" }],
    ["no such day", { first_name: "A", born: "2001-02-30" }], ["a name too long", { first_name: "x".repeat(101) }], ["a name as number", { first_name: 7 }],
    ["codes that are no list", { first_name: "A", codes: "1" }], ["an unknown kind", { first_name: "A", codes: [{ code: "1", kind: "chip" }] }],
  ])("%s is 400", async (_name, body) => {
    expect(await rest.post("/members", body)).toMatchObject({ status: 400, body: { code: "bad_message" } });
  });

  test("that are not there are 404", async () => {
    expect(await rest.get("/members/999999")).toMatchObject({ status: 404, body: { code: "member_not_found" } });
  });

  test("have memberships that end as a calendar says", async () => {
    const { id } = (await rest.post("/members", { first_name: "Month", last_name: "End" })).body as { id: number };
    const plans = (await rest.get("/plans")).body.items as { id: number; months: number | null }[];
    const annual = plans.find((plan) => plan.months === 12);
    const made = await rest.post(`/members/${id}/memberships`, { plan_id: annual?.id, starts: "2025-03-10" });
    expect(made).toMatchObject({ status: 201, body: { starts: "2025-03-10", ends: "2026-03-09" } });
    expect((await rest.post(`/members/${id}/memberships`, { plan_id: annual?.id, starts: "2025-03-10", ends: "2025-03-09" })).status).toBe(400);
    expect((await rest.get(`/members/${id}/memberships`)).body.items).toHaveLength(1);
  });
});

describe("check-ins, visits and the snapshot", () => {
  test("say one thing at one moment", async () => {
    const into = await rest.post("/check-ins", { member_id: 11, location: "main", notes: "hello" });
    expect(into).toMatchObject({ status: 200, body: { success: true, location: "main", member: { id: 11 } } });
    const visit = await rest.get(`/visits/${into.body.visit_id}`);
    expect(visit.body).toMatchObject({ id: into.body.visit_id, checked_out_at: null, notes: "hello", source: "desk" });
    const snapshot = (await rest.get("/locations/main/snapshot")).body;
    expect(snapshot.head).toBe(snapshot.as_of_seq);
    expect(snapshot.stats.as_of_seq).toBe(snapshot.as_of_seq);
    expect(snapshot.stats.currently_in).toBe(snapshot.present.length);
    expect(snapshot.present[0]).toMatchObject({ visit_id: into.body.visit_id, member: { id: 11 } });
    expect(snapshot.recent[0]).toMatchObject({ type: "member_checked_in", payload: { seq: into.body.seq, visit_id: into.body.visit_id } });
    expect((await rest.get("/locations/main/present")).body.items[0].visit_id).toBe(into.body.visit_id);
    expect((await rest.get("/members/11")).body.open_visit).toMatchObject({ visit_id: into.body.visit_id, location: "main" });
    const out = await rest.post("/check-outs", { member_id: 11 });
    expect(out).toMatchObject({ status: 200, body: { visit_id: into.body.visit_id } });
    expect((await rest.get("/members/11/visits")).body.items[0]).toMatchObject({ id: into.body.visit_id, checked_out_at: out.body.checked_out_at });
    expect(await rest.post("/check-outs", { member_id: 11 })).toMatchObject({ status: 409, body: { code: "not_checked_in" } });
    expect(await rest.post("/check-ins", { member_id: 999_999, location: "main" })).toMatchObject({ status: 404, body: { code: "member_not_found", detail: "Member not found" } });
  });

  test("an undo takes the visit and its counts back, once, and is broadcast", async () => {
    const screen = await Client.following(server, await server.token());
    const before = (await rest.get("/stats?location=north")).body.locations[0];
    const into = await rest.post("/check-ins", { member_id: 12, location: "north" });
    expect((await rest.delete(`/visits/${into.body.visit_id}`)).status).toBe(204);
    const corrected = await screen.next("visit_corrected");
    expect(corrected.payload).toMatchObject({ visit_id: into.body.visit_id, change: "undone", location: "north", seq: into.body.seq + 1 });
    const after = (await rest.get("/stats?location=north")).body.locations[0];
    expect({ ...after, as_of_seq: 0, peak_at: null }).toEqual({ ...before, as_of_seq: 0, peak_at: null });
    expect((await rest.delete(`/visits/${into.body.visit_id}`)).status).toBe(404);
    expect(await rest.post("/check-outs", { member_id: 12 })).toMatchObject({ status: 409, body: { code: "not_checked_in" } });
    await screen.close();
  });

  test("a visit's end and notes can be corrected", async () => {
    const into = await rest.post("/check-ins", { member_id: 13, location: "main" });
    const path = `/visits/${into.body.visit_id}`;
    const etag = (await rest.get(path)).headers.get("etag") ?? "";
    const ended = await rest.patch(path, { checked_out_at: into.body.checked_in_at, notes: "forgot to leave" }, { "If-Match": etag });
    expect(ended).toMatchObject({ status: 200, body: { checked_out_at: into.body.checked_in_at, notes: "forgot to leave", duration_seconds: 0 } });
    const future = new Date(Date.now() + 3_600_000).toISOString();
    expect((await rest.patch(path, { checked_out_at: future }, { "If-Match": ended.headers.get("etag") ?? "" })).status).toBe(400);
  });

  test("the log reads in pages, both ways", async () => {
    const forward: number[] = [];
    let after: string | null = "0";
    while (after !== null) {
      const page = await rest.get(`/locations/main/events?after=${after}&limit=2`);
      forward.push(...page.body.items.map((event: { payload: { seq: number } }) => event.payload.seq));
      after = page.body.next as string | null;
      if (after === null) expect(page.body.head).toBe(forward.at(-1));
    }
    expect(forward).toEqual(forward.map((_, at) => at + 1));
    const newest = await rest.get("/locations/main/events?limit=3");
    expect(newest.body.items.map((event: { payload: { seq: number } }) => event.payload.seq)).toEqual(forward.slice(-3).reverse());
    expect((await rest.get(`/locations/main/events?after=${forward.length + 5}`)).status).toBe(400);
    expect((await rest.get("/locations/main/events?after=1&before=5")).status).toBe(400);
  });

  test("what is not there is 404", async () => {
    expect(await rest.get("/locations/moon/snapshot")).toMatchObject({ status: 404, body: { code: "location_not_found" } });
    expect(await rest.get("/visits/999999")).toMatchObject({ status: 404, body: { code: "not_found" } });
  });
});

describe("the web app's files", () => {
  test("come with a policy that allows no inline script and names exactly this host's sockets", async () => {
    const answer = await fetch(`${server.origin}/`);
    expect(answer.status).toBe(200);
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).not.toContain("unsafe-inline");
    expect(policy).not.toContain("unsafe-eval");
    expect(policy).toMatch(new RegExp(`connect-src[^;]*ws://127\\.0\\.0\\.1:${server.port}`));
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("never lead outside their folder", async () => {
    for (const path of ["/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/assets/%00"]) {
      const answer = await fetch(server.origin + path);
      expect(await answer.text()).not.toContain("root:");
    }
  });
});

describe("what open visits end by", () => {
  const endOf = async (id: number): Promise<any> => (await rest.get(`/visits/${id}`)).body;
  const set = async (slug: string, change: object): Promise<void> => {
    expect((await rest.patch(`/locations/${slug}`, change, { "If-Match": "*" })).status).toBe(200);
  };
  const enter = async (memberId: number, minutesAgo: number): Promise<number> => {
    const occurred_at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
    const answer = await rest.post("/check-ins", { member_id: memberId, location: "north", occurred_at });
    expect(answer.status).toBe(200);
    return answer.body.visit_id as number;
  };

  test("moves with the location's rules: what would be over by the new ones ends now, the rest stays", async () => {
    await set("north", { hours: null, exits: "assumed", assumed_stay_minutes: 120 });
    const [longer, fresh] = [await enter(31, 10), await enter(32, 0)];
    await set("north", { assumed_stay_minutes: 5 });
    await expect.poll(async () => (await endOf(longer)).checked_out_at, { timeout: 5000 }).not.toBeNull();
    const ended = await endOf(longer);
    expect(ended.automatic).toBe(true);
    expect(Date.now() - Date.parse(ended.checked_out_at)).toBeLessThan(60_000);
    expect((await endOf(fresh)).checked_out_at).toBeNull();
  });

  test("also while nobody ran, and by the command line", async () => {
    await set("north", { assumed_stay_minutes: 120 });
    const visit = await enter(33, 10);
    const run = await footfall(["location", "edit", "north", "--stay", "5", "--data", server.data]);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    await expect.poll(async () => (await endOf(visit)).checked_out_at, { timeout: 5000 }).not.toBeNull();
    await set("north", { assumed_stay_minutes: 120 });
    const other = await enter(34, 10);
    await server.kill();
    expect(await footfall(["location", "edit", "north", "--stay", "5", "--data", server.data])).toMatchObject({ code: 0 });
    await server.begin([]);
    await expect.poll(async () => (await endOf(other)).checked_out_at, { timeout: 5000 }).not.toBeNull();
    await set("north", { assumed_stay_minutes: 120 });
  });
});

test("a membership cannot begin where its end would lie beyond all days", async () => {
  const answer = await rest.post("/members/35/memberships", { plan_id: 1, starts: "9999-12-31" });
  expect(answer).toMatchObject({ status: 400, body: { field: "starts" } });
});

test.each(["member=01", "limit=05", "limit=1.0", "member=1e1"])("visits?%s is no whole number", async (query) => {
  expect(await rest.get(`/visits?${query}`)).toMatchObject({ status: 400, body: { code: "bad_message" } });
});

test.each([["application/json; charset=utf-8", 201], ["APPLICATION/JSON", 201], ["application/jsonx", 415], ["text/plain", 415]])("a body of %s is %i", async (type, status) => {
  expect((await rest.post("/members", JSON.stringify({ first_name: "Media", last_name: "Type" }), { "Content-Type": type })).status).toBe(status);
});

test("a card and a QR token that differ in letter case alone cannot belong to two, in either order", async () => {
  const make = (code: string, kind: string): Promise<any> => rest.post("/members", { first_name: "Case", codes: [{ code, kind }] });
  expect((await make("Case-One", "qr")).status).toBe(201);
  expect(await make("CASE-ONE", "card")).toMatchObject({ status: 409, body: { field: "codes" } });
  expect((await make("CASE-TWO", "card")).status).toBe(201);
  expect(await make("case-two", "qr")).toMatchObject({ status: 409, body: { field: "codes" } });
  expect((await make("ÉTÉ-7", "card")).status).toBe(201);
  expect((await rest.post("/check-ins", { code: " été-7 ", location: "main" })).status).toBe(200);
});
