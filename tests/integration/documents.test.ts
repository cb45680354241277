// docs/api itself: what it says about messages has to hold together before the server is held against it.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { checkMessage, checkRequest } from "../support/schema.ts";
import { Server, footfall, root } from "../support/server.ts";

interface Named {
  name?: string;
  payload: unknown;
  examples?: { payload: { type: string; payload: unknown } }[];
}
const socket = parse(readFileSync(join(root, "docs/api/asyncapi.yaml"), "utf8")) as {
  channels: { checkins: { messages: Record<string, unknown> } };
  operations: Record<string, { messages: { $ref: string }[] }>;
  components: { messages: Record<string, Named> };
};

test("each message is in the channel and said by one side", () => {
  const named = Object.keys(socket.components.messages);
  expect(Object.keys(socket.channels.checkins.messages)).toEqual(named);
  const said = Object.values(socket.operations).flatMap((operation) => operation.messages.map((message) => message.$ref.split("/").at(-1)));
  expect(said.sort()).toEqual(named.slice().sort());
});

test.each(Object.entries(socket.components.messages).filter(([, message]) => message.examples))("the examples of %s are of the form that it names", (name, message) => {
  for (const example of message.examples ?? []) {
    expect(example.payload.type).toBe(message.name ?? name);
    checkRequest(name, example.payload);
  }
});

test("a message that nobody named, or of another form, is told apart", () => {
  expect(() => checkMessage({ type: "surprise", payload: {} })).toThrow("surprise");
  expect(() => checkMessage({ type: "resync_required", payload: { location: "main" } })).toThrow("head");
  expect(() => checkMessage({ type: "event_hidden", payload: { location: "main", seq: 0 } })).toThrow("seq");
  checkMessage({ type: "resync_required", payload: { location: "main", head: 3 } });
});

describe("docs/operations.md", () => {
  const page = readFileSync(join(root, "docs/operations.md"), "utf8");

  test("has every setting as the program has it", async () => {
    const { stdout, code } = await footfall(["check-config", "--markdown"]);
    expect(code).toBe(0);
    expect(page.slice(page.indexOf("### [server]"))).toBe(stdout);
  });

  test("has every metric that the server gives, and no other", async () => {
    const server = await Server.start({ members: 1 });
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    await server.stop();
    const given = [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, kind]) => `${name} ${kind}`);
    const said = [...page.matchAll(/^\| `(footfall_\w+)` \| (\w+) \|/gm)].map(([, name, kind]) => `${name} ${kind}`);
    expect(said).toEqual(given);
  });

  test("has only log lines that the program writes", () => {
    const sources = execFileSync("grep", ["-rhoE", 'log_(info|warn|error)\\("[^"]+"', join(root, "src")], { encoding: "utf8" });
    const lines = [...page.slice(page.indexOf("## Log lines"), page.indexOf("## Settings")).matchAll(/^\| (.+?) \| .+ \|$/gm)].map(([, line]) => line).filter((line) => line !== "line" && line !== "---");
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(sources).toContain(`"${line}"`);
  });
});

describe("docs/security.md", () => {
  const rows = readFileSync(join(root, "docs/security.md"), "utf8").split("\n").filter((line) => /^\| (?!---|somebody)/.test(line));

  test.each(rows.map((row) => [row.split("|")[1]?.trim(), row.split("|").at(-2) ?? ""]))("shows by a test what holds off: %s", (_threat, shownBy) => {
    let file = "";
    for (const [, path, words] of shownBy.matchAll(/`([^`]+)`|«([^»]+)»/g)) {
      if (path !== undefined) file = join(root, path);
      expect(existsSync(file), file).toBe(true);
      if (words !== undefined) expect(readFileSync(file, "utf8")).toContain(words);
    }
    expect(file).not.toBe("");
  });
});
