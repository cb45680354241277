// docs/protocol.md is run: what it sends is sent, what it shows must come in that form, and it names every message and code that there is.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { Client, type Message } from "../support/client.ts";
import { Server, root } from "../support/server.ts";

const page = readFileSync(join(root, "docs/protocol.md"), "utf8");
const steps = [...page.matchAll(/<!-- connect: (\w+) -->|```json (sent|received)\n([\s\S]*?)```/g)].map(([, connect, side, text]) => ({ connect, side, text: text ?? "" }));

let server: Server;
let token: string;
beforeAll(async () => {
  server = await Server.start({ members: 100 });
  token = await server.token();
});
afterAll(() => server.stop());

/** The same members, each of the same kind; null may stand for what is not there now, and a list's form is its first item's. */
function form(value: unknown, path: string, like: unknown): void {
  if (like === null || value === null) return;
  if (Array.isArray(like)) {
    expect(Array.isArray(value), path).toBe(true);
    if (like.length > 0 && (value as unknown[]).length > 0) form((value as unknown[])[0], `${path}[0]`, like[0]);
  } else if (typeof like === "object") {
    expect(Object.keys(value as object).sort(), path).toEqual(Object.keys(like).sort());
    for (const [name, one] of Object.entries(like)) form((value as Record<string, unknown>)[name], `${path}.${name}`, one);
  } else expect(typeof value, path).toBe(typeof like);
}

/** What the text promises to the letter: everything but moments, names and what this server drew for itself. */
const FIXED = ["type", "id", "code", "location", "seq", "visit_id", "currently_in", "repeated", "replayed", "recovered", "heads", "refused", "request", "error", "can_override", "repeats", "automatic", "echo", "protocol", "code_last4", "notes", "head"];

function fixed(value: unknown, path: string, like: unknown): void {
  if (typeof like !== "object" || like === null || typeof value !== "object" || value === null) return;
  for (const [name, one] of Object.entries(like)) {
    const got = (value as Record<string, unknown>)[name];
    if (FIXED.includes(name)) expect(got, `${path}.${name}`).toEqual(one);
    else fixed(got, `${path}.${name}`, one);
  }
}

test("every example is sent and received as the page shows it", async () => {
  let client: Client | undefined;
  let epoch = "";
  for (const { connect, side, text } of steps) {
    if (connect !== undefined) {
      await client?.close();
      client = await Client.open(server);
      continue;
    }
    if (client === undefined) throw new Error("an example stands before the first connection");
    if (side === "sent") {
      const filled = text.replaceAll("<token>", token).replaceAll("<epoch>", epoch).replaceAll("<ten minutes ago>", new Date(Date.now() - 600_000).toISOString());
      client.raw(JSON.stringify(JSON.parse(filled)));
      continue;
    }
    const shown = JSON.parse(text) as Message;
    const got = await client.next(shown.type, (message) => message.id === shown.id && (shown.payload.seq === undefined || message.payload.seq === shown.payload.seq));
    form(got, shown.type, shown);
    fixed(got, shown.type, shown);
    epoch = (got.payload.epoch as string | undefined) ?? epoch;
  }
  await client?.close();
  expect(steps.length).toBeGreaterThan(30);
});

const quoted = new Set([...page.matchAll(/`([a-z_]+)`|"type": "([a-z_]+)"/g)].map(([, name, type]) => name ?? type));

test("every message of the contract is named, and none that there is not", () => {
  const { components } = parse(readFileSync(join(root, "docs/api/asyncapi.yaml"), "utf8")) as { components: { messages: Record<string, { name?: string }> } };
  const types = Object.entries(components.messages).map(([key, message]) => message.name ?? key);
  expect(types.filter((type) => !quoted.has(type))).toEqual([]);
  const shown = steps.filter(({ side }) => side !== undefined).map(({ text }) => (JSON.parse(text.replaceAll(/<[^>]+>/g, "x")) as Message).type);
  expect(shown.filter((type) => !types.includes(type))).toEqual([]);
});

test("every error code and every close code is named", () => {
  const source = readFileSync(join(root, "src/protocol/codes.c"), "utf8");
  // What refuses; the rest are warnings, greetings, and codes that only REST has.
  const codes = [...source.matchAll(/\{"([a-z_]+)",\s+(\d+),/g)].filter(([, , status]) => Number(status) >= 400).map(([, name]) => name as string);
  expect(codes.filter((code) => !quoted.has(code) && !["not_found", "conflict", "too_large"].includes(code))).toEqual([]);
  const closes = [...readFileSync(join(root, "src/protocol/codes.h"), "utf8").matchAll(/CLOSE_\w+ = (\d{4})/g)].map(([, code]) => code as string);
  expect(closes.length).toBeGreaterThan(10);
  expect(closes.filter((code) => !page.slice(page.indexOf("## When it ends")).includes(code))).toEqual([]);
});

test("the client at its end follows, survives a kill -9, and shows each event once", { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "footfall-client-"));
  const file = join(folder, "client.mjs");
  writeFileSync(file, /```js client\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
  const { follow } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
    follow: (origin: string, location: string, getToken: () => Promise<string>, onEvent: (type: string, payload: { seq: number }) => void, onState: (state: string) => void) => () => void;
  };
  const seqs: number[] = [];
  const states: string[] = [];
  const stop = follow(server.origin, "main", () => Promise.resolve(token), (_type, payload) => seqs.push(payload.seq), (state) => states.push(state));
  await expect.poll(() => states.at(-1)).toBe("live");
  const checkIns = async (members: number[]): Promise<number[]> => {
    const desk = await Client.open(server, { bearer: token });
    const replies = await Promise.all(members.map((member_id) => desk.request("check_in", { member_id, location: "main" })));
    await desk.close();
    return replies.map((reply) => reply.payload.seq as number);
  };
  const first = await checkIns([21, 22, 23]);
  await expect.poll(() => seqs).toEqual(first);
  await server.kill();
  await server.begin();
  const second = await checkIns([24, 25]);
  await expect.poll(() => seqs, { timeout: 15_000 }).toEqual([...first, ...second]);
  stop();
  rmSync(folder, { recursive: true });
});
