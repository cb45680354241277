// Contract 4: what each role may do and see.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { type Role, Server } from "../support/server.ts";

let server: Server;
let desk: Client;
let nextMember = 1;
const fresh = (): number => nextMember++;

beforeAll(async () => {
  server = await Server.start({ members: 60 });
  desk = await Client.following(server, await server.token());
});
afterAll(async () => {
  await desk.close();
  await server.stop();
});

const as = async (role: Role, sub: number, loc = "main"): Promise<Client> => Client.following(server, await server.token({ role, sub, loc }));

describe("devices", () => {
  test.each(["kiosk", "turnstile"] as const)("a %s checks in at its own location, and sees first names only", async (role) => {
    const device = await as(role, 501);
    const member = fresh();
    const reply = await device.request("check_in", { member_id: member });
    expect(reply).toMatchObject({ type: "check_in_success", payload: { location: "main", member: { id: member } } });
    const atDesk = await desk.next("member_checked_in", (message) => message.payload.visit_id === reply.payload.visit_id);
    expect(atDesk.payload).toMatchObject({ source: role });
    const atDevice = await device.next("member_checked_in", (message) => message.payload.visit_id === reply.payload.visit_id);
    const full = atDesk.payload.member.name as string;
    for (const name of [reply.payload.member.name, atDevice.payload.member.name] as string[]) {
      expect(full.startsWith(`${name} `)).toBe(true);
    }
    expect(atDevice.payload.seq).toBe(atDesk.payload.seq);
    const refused = await device.request("check_in", { member_id: fresh(), location: "north" });
    expect(refused.type).toBe("error");
    await device.close();
  });

  test("may not override", async () => {
    const kiosk = await as("kiosk", 502);
    const reply = await kiosk.request("check_in", { member_id: fresh(), override: { reason: "please" } });
    expect(reply).toMatchObject({ type: "error", payload: { code: "forbidden" } });
    await kiosk.close();
  });
});

describe("a viewer", () => {
  test("follows, and may not check in or out", async () => {
    const viewer = await as("viewer", 601);
    for (const type of ["check_in", "check_out"]) {
      expect(await viewer.request(type, { member_id: fresh() })).toMatchObject({ type: "error", payload: { code: "forbidden" } });
    }
    const reply = await desk.request("check_in", { member_id: fresh(), location: "main" });
    await viewer.next("member_checked_in", (message) => message.payload.visit_id === reply.payload.visit_id);
    await viewer.close();
  });

  test.each(["viewer", "kiosk"] as const)("and a kiosk (here: %s) get event_hidden for a refusal, live and in a replay: no number is missing", async (role) => {
    const eye = await as(role, 602);
    const start = eye.messages[0]?.payload as { epoch: string; heads: { main: number } };
    await desk.request("check_in", { code: `nobody-${role}`, location: "main" });
    const denied = await desk.next("check_in_denied", (message) => message.payload.seq > start.heads.main);
    const hidden = await eye.next("event_hidden", (message) => message.payload.seq === denied.payload.seq);
    expect(Object.keys(hidden.payload).sort()).toEqual(["location", "seq"]);
    expect(eye.messages.some((message) => message.type === "check_in_denied")).toBe(false);
    await eye.drop();

    const back = await Client.open(server);
    back.send("authenticate", { token: await server.token({ role, sub: 602, loc: "main" }), resume: { epoch: start.epoch, after: { main: start.heads.main } } });
    expect((await back.next("authentication_success")).payload.recovered).toBe(true);
    await back.next("event_hidden", (message) => message.payload.seq === denied.payload.seq);
    expect(back.messages.some((message) => message.type === "check_in_denied")).toBe(false);
    await back.close();

    const { body } = await new Rest(server, await server.token({ role, sub: 602, loc: "main" })).get("/locations/main/events?after=0&limit=200");
    expect(body.items.every((event: { type: string }) => event.type !== "check_in_denied")).toBe(true);
  });
});

test("a member follows no location's log", async () => {
  const client = await Client.open(server, { bearer: await server.token({ role: "member", sub: 1, loc: "main" }) });
  await client.next("authentication_success");
  const reply = await client.request("subscribe", { locations: ["main"] });
  expect(JSON.stringify(reply)).toContain("forbidden");
  await desk.request("check_in", { member_id: fresh(), location: "main" });
  await client.settled();
  expect(client.events()).toEqual([]);
  expect(await client.request("check_in", { member_id: fresh(), location: "main" })).toMatchObject({ type: "error", payload: { code: "forbidden" } });
  await client.close();
});

describe("REST", () => {
  const cases: [string, string, unknown, Role[]][] = [
    ["GET", "/members?q=a", undefined, ["owner", "manager", "staff"]],
    ["POST", "/members", { first_name: "Role", last_name: "Probe" }, ["owner", "manager", "staff"]],
    ["POST", "/check-ins", { member_id: 60, location: "main" }, ["owner", "manager", "staff", "kiosk", "turnstile"]],
    ["POST", "/members/import?dry_run=true", "number,name\n9001,Rita Probe\n", ["owner", "manager"]],
    ["POST", "/locations", { slug: "south", name: "South", timezone: "Europe/Berlin" }, ["owner"]],
  ];
  test.each(cases)("%s %s is for those who may", async (method, path, body, may) => {
    for (const role of ["member", "viewer", "turnstile", "kiosk", "staff", "manager", "owner"] as const) {
      const rest = new Rest(server, await server.token({ role, sub: 700, loc: role === "owner" ? "*" : "main" }));
      const answer = await rest.call(method, path, { body, headers: path.includes("import") ? { "Content-Type": "text/csv" } : {} });
      if (may.includes(role)) expect(answer.status, `${role}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
      else expect(answer, role).toMatchObject({ status: 403, body: { code: "forbidden" } });
    }
  });
});
