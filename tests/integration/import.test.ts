// A gym's own member list, as usual programs export it (tests/data/members), over the command line and over REST.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { type Answer, Rest } from "../support/rest.ts";
import { Server, footfall, root } from "../support/server.ts";

const file = (name: string): string => join(root, "tests/data/members", name);
const bytes = (name: string): Buffer => readFileSync(file(name));

let server: Server;
let rest: Rest;

beforeAll(async () => {
  server = await Server.start({ members: 0 });
  rest = (await Rest.signIn(server)).rest;
});
afterAll(() => server.stop());

const upload = (name: string, query = ""): Promise<Answer> =>
  rest.post(`/members/import${query}`, bytes(name), { "Content-Type": "text/csv" });

const onlyMember = async (q: string): Promise<Record<string, any>> => {
  const { items } = (await rest.get(`/members?q=${encodeURIComponent(q)}`)).body as { items: Record<string, any>[] };
  expect(items.length, q).toBeGreaterThan(0);
  return items[0] as Record<string, any>;
};

const howMany = async (): Promise<number> => {
  let count = 0;
  for (let next: string | null = ""; next !== null; ) {
    const page: Answer = await rest.get(`/members?limit=200${next === "" ? "" : `&cursor=${encodeURIComponent(next)}`}`);
    count += page.body.items.length;
    next = page.body.next;
  }
  return count;
};

describe("a broken list", () => {
  const problems: [number, RegExp][] = [
    [2, /born.*no such day/], [3, /starts.*no such month/], [4, /email.*not an address/], [5, /card.*used in line 4/], [6, /no name/],
    [7, /ends before it starts/], [8, /more cells than headings/], [9, /scientific notation/], [11, /number.*used in line 10/],
  ];

  test("is named line by line in a dry run, and nothing is written", async () => {
    const answer = await upload("members-broken.csv", "?dry_run=true");
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ dry_run: true, rows: 10, members: 1 });
    const found = answer.body.problems as { line: number; reason: string }[];
    expect(found.map((problem) => problem.line)).toEqual(problems.map(([line]) => line));
    for (const [at, [, reason]] of problems.entries()) expect(found[at]?.reason).toMatch(reason);
    expect(await howMany()).toBe(0);
  });

  test("is imported not at all", async () => {
    const answer = await upload("members-broken.csv");
    expect(answer).toMatchObject({ status: 422, body: { code: "import_problems", report: { created: 0 } } });
    expect(await howMany()).toBe(0);
    const run = await footfall(["member", "import", file("members-broken.csv"), "--data", server.data]);
    expect(run.code).toBe(1);
    for (const [line] of problems) expect(run.stdout + run.stderr).toMatch(new RegExp(`\\b${line}\\b`));
    expect(await howMany()).toBe(0);
  });
});

describe("members-plain.csv", () => {
  test("comes in by the command line, beside the running server, which shows it at once", async () => {
    const dry = await footfall(["member", "import", file("members-plain.csv"), "--data", server.data, "--dry-run"]);
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).toContain("500");
    expect(await howMany()).toBe(0);
    const run = await footfall(["member", "import", file("members-plain.csv"), "--data", server.data]);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(await howMany()).toBe(500);
    expect((await onlyMember("0000055433")).number).toBe("7");
    const desk = await Client.open(server, { bearer: await server.token() });
    await desk.next("authentication_success");
    const reply = await desk.request("check_in", { code: "0000055433", location: "main" });
    expect(reply.payload.member?.id).toBe((await onlyMember("0000055433")).id);
    expect(await desk.request("check_in", { code: "55433", location: "main" })).toMatchObject({ payload: { code: "member_not_found" } });
    await desk.close();
  });

  test("a second time updates, and creates nobody", async () => {
    const answer = await upload("members-plain.csv");
    expect(answer).toMatchObject({ status: 200, body: { rows: 500, members: 500, created: 0, updated: 500, encoding: "utf-8", separator: ",", date_order: "year first", problems: [] } });
    expect(await howMany()).toBe(500);
  });
});

test("members-us-export.csv: month first, a note of two lines, barcodes with zeros in front", async () => {
  const answer = await upload("members-us-export.csv");
  expect(answer).toMatchObject({ status: 200, body: { rows: 200, members: 200, created: 200, date_order: "month first", problems: [] } });
  expect((await onlyMember("100005")).notes).toMatch(/".*\n|\n.*"/s);
  expect((await onlyMember("100005")).notes).toContain(",");
  const first = await onlyMember("000000104729");
  expect(first).toMatchObject({ number: "100001", first_name: "Elif", last_name: "Novák", born: "1950-01-14" });
  expect(first.codes.map((one: { code: string }) => one.code)).toContain("000000104729");
});

test("mitglieder-excel.csv: windows-1252, semicolons, day first, decimal commas", async () => {
  const answer = await upload("mitglieder-excel.csv");
  expect(answer).toMatchObject({ status: 200, body: { rows: 150, members: 150, created: 150, encoding: "windows-1252", separator: ";", date_order: "day first", problems: [] } });
  expect((await onlyMember("M-0010")).balance_minor).toBe(-1010);
  expect(await onlyMember("M-0001")).toMatchObject({ last_name: "Novák", born: "1950-01-14" });
});

test("headings that nobody knows are settled by map, and an unknown field is said to be one", async () => {
  const list = "Nr,Wer,Band\n77001,Mara Feld,B-1\n";
  const dry = await rest.post("/members/import?dry_run=true&map=Nr:number&map=Wer:name&map=Band:card", list, { "Content-Type": "text/csv" });
  expect(dry).toMatchObject({ status: 200, body: { members: 1, columns: [{ column: "Nr", field: "number" }, { column: "Wer", field: "name" }, { column: "Band", field: "card" }] } });
  expect((await rest.post("/members/import?dry_run=true&map=Nr:shoe_size", list, { "Content-Type": "text/csv" })).status).toBe(400);
});

test("what a list says beats what is there, a debt that is paid as well; what it leaves empty stays", async () => {
  const send = (list: string) => rest.post("/members/import", list, { "Content-Type": "text/csv" });
  await send("number,name,phone,balance\n88001,Ina Berg,+44 7700 900999,-25.00\n");
  expect(await onlyMember("88001")).toMatchObject({ balance_minor: -2500, phone: "+44 7700 900999" });
  await send("number,name,phone,balance\n88001,Ina Berg,,\n");
  expect(await onlyMember("88001")).toMatchObject({ balance_minor: -2500, phone: "+44 7700 900999" });
  await send("number,name,phone,balance\n88001,Ina Berg,,0.00\n");
  expect(await onlyMember("88001")).toMatchObject({ balance_minor: 0 });
});

test("who brought in what stands in the audit, and what was only tried does not", async () => {
  const added = await footfall(["member", "add", "--first-name", "Otto", "--last-name", "Adam", "--data", server.data]);
  const id = /member (\d+) added/.exec(added.stdout)?.[1];
  await upload("members-plain.csv", "?dry_run=true");
  const rows = await server.rows(`SELECT actor, action, details FROM audit WHERE subject IN ('members', 'member:${id}') ORDER BY id`);
  expect(rows.slice(0, 2).map((row) => ({ ...row, details: JSON.parse(String(row.details)) }))).toEqual([
    { actor: "cli", action: "import_members", details: { created: 500, updated: 0 } },
    { actor: "1", action: "import_members", details: { created: 0, updated: 500 } },
  ]);
  expect(rows.at(-1)).toMatchObject({ actor: "cli", action: "create_member" });
});

test("what is no list at all is refused with a sentence", async () => {
  for (const body of ["", "\0\0\0\0", "just one line"]) {
    const answer = await rest.post("/members/import?dry_run=true", Buffer.from(body), { "Content-Type": "text/csv" });
    expect([400, 422], JSON.stringify(answer.body)).toContain(answer.status);
  }
  expect((await rest.post("/members/import", "{}", { "Content-Type": "application/json" })).status).toBe(415);
});
