// Contract 3, `footfall demo`: a gym to look at, with the problems that a desk meets, and people who come and go by themselves.
import { afterEach, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";

let server: Server;
afterEach(() => server.stop());

test("members have the ids 1 to N, most are welcome, and a few have each of the problems", async () => {
  server = await Server.start({ members: 130, clean: false });
  const { rest } = await Rest.signIn(server);
  const found = new Map<string, number>();
  let pageAfter = "";
  const ids: number[] = [];
  do {
    const { items, next } = (await rest.get(`/members?limit=50${pageAfter}`)).body as { items: { id: number; status: string }[]; next: string | null };
    for (const member of items) {
      ids.push(member.id);
      found.set(member.status, (found.get(member.status) ?? 0) + 1);
    }
    pageAfter = next === null ? "" : `&cursor=${encodeURIComponent(next)}`;
  } while (pageAfter !== "");
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 130 }, (_, at) => at + 1));
  expect(found.get("active")).toBeGreaterThan(90);
  for (const status of ["expired", "frozen", "cancelled", "not_started", "banned"]) expect(found.get(status), status).toBeGreaterThan(0);
});

test("--traffic: a screen sees people come and go, and the server still ends at once", async () => {
  server = await Server.start({ members: 200, args: ["--traffic", "3000"] });
  const screen = await Client.following(server, await server.token({ role: "viewer" }));
  const came = await screen.next("member_checked_in");
  await screen.next("member_checked_out");
  expect(came.payload).toMatchObject({ source: "turnstile" });
  await screen.close();
});

test("without --traffic nobody comes by himself", async () => {
  server = await Server.start({ members: 20 });
  const screen = await Client.following(server, await server.token());
  await new Promise((done) => setTimeout(done, 1500));
  expect(screen.messages.filter((message) => message.type.startsWith("member_"))).toEqual([]);
  await screen.close();
});
