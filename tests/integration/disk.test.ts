// A full disk (contract 1.1, point 1): nothing is confirmed that is not durable, the server stays, and goes on when there is room again.
// «Full» is a file size limit set on the running server: a write beyond it fails as one on a full disk does.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server, isPostgres } from "../support/server.ts";

let server: Server;
let owner: string;
let desk: Client;
let screen: Client;

beforeAll(async () => {
  server = await Server.start({ members: 400 });
  owner = await server.token();
  desk = await Client.open(server, { bearer: owner });
  await desk.next("authentication_success");
  screen = await Client.following(server, owner);
});
afterAll(async () => {
  room();
  await server.stop();
});

const limit = (bytes: string): void => void execFileSync("prlimit", [`--fsize=${bytes}:unlimited`, "--pid", `${server.pid}`]);
/** No file may grow beyond what the biggest has: neither database nor log. */
const fill = (): void => {
  const sizes = ["footfall.db", "footfall.db-wal"].map((name) => statSync(join(server.data, name)).size);
  limit(`${Math.min(...sizes)}`);
};
const room = (): void => limit("unlimited");

test.skipIf(isPostgres)("check-ins are unavailable, not lost and not half done, and go on when there is room", { timeout: 60_000 }, async () => {
  let member = 0;
  const confirmed = new Map<number, number>(); // by seq
  const checkIn = async (): Promise<string> => {
    const reply = await desk.request("check_in", { member_id: ++member, location: "main" });
    if (reply.type === "check_in_success") confirmed.set(reply.payload.seq as number, member);
    else expect(reply.payload).toMatchObject({ code: "unavailable", retry_after_ms: expect.any(Number) });
    return reply.type;
  };
  for (let round = 0; round < 3; round++) {
    for (let count = 0; count < 10; count++) expect(await checkIn()).toBe("check_in_success");
    fill();
    let refused = 0;
    for (let count = 0; count < 40; count++) if ((await checkIn()) === "error") refused++;
    expect(refused).toBeGreaterThan(10);
    // What needs no room goes on: reads, live sockets, statistics.
    expect((await new Rest(server, owner).get("/members/1")).status).toBe(200);
    expect((await desk.request("heartbeat", { still: "here" })).type).toBe("heartbeat_ack");
    expect((await new Rest(server, owner).get("/readyz")).status).toBe(503);
    room();
    expect(await checkIn()).toBe("check_in_success");
    expect((await new Rest(server, owner).get("/readyz")).status).toBe(200);
  }
  const seqs = [...confirmed.keys()];
  expect(seqs).toEqual(seqs.map((_, at) => (seqs[0] ?? 0) + at)); // no gap for what was refused
  await screen.until(() => screen.seqs("main").length >= seqs.length, "all that was confirmed");
  expect(screen.seqs("main")).toEqual(seqs);
  await server.restart();
  const events = (await new Rest(server, owner).get("/locations/main/events?after=0&limit=200")).body.items as { payload: { seq: number; member: { id: number } } }[];
  expect(new Map(events.map(({ payload }) => [payload.seq, payload.member.id]))).toEqual(confirmed);
});

test.skipIf(isPostgres)("REST says so too: 503 with Retry-After, and signing in works again afterwards", async () => {
  const { rest } = await Rest.signIn(server);
  fill();
  let answer = await rest.post("/members", { first_name: "Nora", last_name: "Room" });
  for (let count = 0; count < 50 && answer.status === 201; count++) answer = await rest.post("/members", { first_name: "Nora", last_name: "Room" });
  expect(answer).toMatchObject({ status: 503, body: { code: "unavailable" } });
  expect(answer.headers.get("retry-after")).toBe("1");
  room();
  expect((await rest.post("/members", { first_name: "Nora", last_name: "Room" })).status).toBe(201);
  expect((await Rest.signIn(server)).access).toBeTruthy();
});
