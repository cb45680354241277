// Contract 1.1, point 2: what was missed comes once, in order, without a gap, after a drop, a restart, a kill -9.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, type Message } from "../support/client.ts";
import { Server } from "../support/server.ts";

let server: Server;
let owner: string;
let nextMember = 1;
const fresh = (): number => nextMember++;

beforeAll(async () => {
  server = await Server.start({ members: 400 });
  owner = await server.token();
});
afterAll(() => server.stop());

/** In by ticketless header, following what `authenticate` says: what a resuming client does. */
async function resuming(resume: unknown, locations?: string[]): Promise<{ client: Client; hello: Message }> {
  const client = await Client.open(server);
  client.send("authenticate", { token: owner, resume, ...(locations ? { locations } : {}) });
  return { client, hello: await client.next("authentication_success") };
}

async function checkIns(count: number, location = "main"): Promise<number[]> {
  const desk = await Client.open(server, { bearer: owner });
  await desk.next("authentication_success");
  const replies = await Promise.all(Array.from({ length: count }, () => desk.request("check_in", { member_id: fresh(), location })));
  await desk.close();
  return replies.map((reply) => reply.payload.seq as number);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

const replayReads = async (of: Server): Promise<number> => {
  const metrics = await (await fetch(`${of.origin}/metrics`)).text();
  return Number(/^footfall_replay_reads_total (\d+)$/m.exec(metrics)?.[1]);
};

describe("resume", () => {
  test("gives what was missed while the connection was gone, then the live ones, each once", async () => {
    const first = await Client.following(server, owner);
    await checkIns(3);
    await first.until(() => first.seqs("main").length >= 3, "three events");
    const after = first.seqs("main").at(-1) as number;
    const epoch = (first.messages.find((message) => message.type === "authentication_success") as Message).payload.epoch as string;
    await first.drop();

    const missed = await checkIns(20);
    const { client, hello } = await resuming({ epoch, after: { main: after } });
    expect(hello.payload).toMatchObject({ recovered: true, epoch, protocol: 1 });
    const live = await checkIns(5);
    await client.until(() => client.seqs("main").length >= 25, "25 events");
    expect(client.seqs("main")).toEqual(range(after + 1, Math.max(...live)));
    expect(Math.min(...missed)).toBe(after + 1);
    const initial = client.messages.find((message) => message.type === "initial_stats") as Message;
    expect(initial.payload).not.toHaveProperty("recent");
    await client.close();
  });

  test("gives the same bytes that were broadcast", async () => {
    const watcher = await Client.following(server, owner);
    const [seq = 0] = await checkIns(1);
    const live = await watcher.next("member_checked_in", (message) => message.payload.seq === seq);
    const epoch = watcher.messages[0]?.payload.epoch as string;
    const { client } = await resuming({ epoch, after: { main: seq - 1 } });
    const replayed = await client.next("member_checked_in");
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(live));
    await client.close();
    await watcher.close();
  });

  test("survives kill -9 in mid-traffic: nothing confirmed is lost, nothing comes twice", async () => {
    const watcher = await Client.following(server, owner);
    const epoch = watcher.messages[0]?.payload.epoch as string;
    const start = watcher.messages[0]?.payload.heads.main as number;
    const desk = await Client.open(server, { bearer: owner });
    await desk.next("authentication_success");
    const confirmed = new Map<number, number>(); // seq → member
    const sent = Array.from({ length: 60 }, fresh);
    const pending = sent.map((member) =>
      desk.request("check_in", { member_id: member, location: "main" }, `crash-${member}`).then(
        (reply) => confirmed.set(reply.payload.seq as number, member),
        () => undefined, // cut: sent again below
      ),
    );
    await watcher.until(() => watcher.seqs("main").length >= 10, "ten events");
    await server.kill();
    await Promise.all(pending);
    const shown = watcher.seqs("main");
    expect(shown).toEqual(range(start + 1, start + shown.length));
    await server.begin();

    const { client, hello } = await resuming({ epoch, after: { main: start + shown.length } });
    expect(hello.payload).toMatchObject({ recovered: true, epoch });
    const again = await Client.open(server, { bearer: owner });
    await again.next("authentication_success");
    for (const member of sent) {
      const reply = await again.request("check_in", { member_id: member, location: "main" }, `crash-${member}`);
      expect(reply.type).toBe("check_in_success");
      const known = [...confirmed].find(([, who]) => who === member);
      if (known) expect(reply.payload).toMatchObject({ seq: known[0], replayed: true });
      confirmed.set(reply.payload.seq as number, member);
    }
    await client.until(() => shown.length + client.seqs("main").length >= sent.length, "all events");
    expect([...shown, ...client.seqs("main")]).toEqual(range(start + 1, start + sent.length));
    const members = [...watcher.events("main"), ...client.events("main")].map((event) => event.payload.member.id as number);
    expect(new Set(members)).toEqual(new Set(sent));
    await client.close();
    await again.close();
  });

  test("of a foreign epoch, a missing one, or beyond the head is resync_required, and no event follows until subscribed anew", async () => {
    const watcher = await Client.following(server, owner);
    const { epoch, heads } = watcher.messages[0]?.payload as { epoch: string; heads: Record<string, number> };
    await watcher.close();
    for (const resume of [{ epoch: "another", after: { main: 1 } }, { after: { main: 1 } }, { epoch, after: { main: (heads.main ?? 0) + 1000 } }]) {
      const { client, hello } = await resuming(resume, ["main"]);
      expect(hello.payload.recovered).toBe(false);
      const resync = await client.next("resync_required");
      expect(resync.payload).toMatchObject({ location: "main", head: expect.any(Number) });
      const [seq = 0] = await checkIns(1);
      await client.settled();
      expect(client.seqs("main")).toEqual([]);
      await client.request("subscribe", { locations: ["main"], resume: { epoch, after: { main: seq - 1 } } });
      expect((await client.next("member_checked_in")).payload.seq).toBe(seq);
      await client.close();
    }
  });

  test("is all or nothing for each location; one that `after` leaves out starts at its head", async () => {
    const watcher = await Client.following(server, owner);
    const { epoch, heads } = watcher.messages[0]?.payload as { epoch: string; heads: Record<string, number> };
    await watcher.close();
    await checkIns(2, "main");
    await checkIns(2, "north");
    const { client, hello } = await resuming({ epoch, after: { north: heads.north } });
    expect(hello.payload.recovered).toBe(true);
    await client.until(() => client.seqs("north").length === 2, "both events of north");
    await client.settled();
    expect(client.seqs("main")).toEqual([]);
    await client.close();

    const { client: half, hello: greeting } = await resuming({ epoch, after: { main: (heads.main ?? 0) + 10_000, north: heads.north } });
    expect(greeting.payload.recovered).toBe(false);
    expect((await half.next("resync_required")).payload.location).toBe("main");
    await half.until(() => half.seqs("north").length === 2, "both events of north");
    await half.close();
  });

  test("for a location already followed is bad_message", async () => {
    const client = await Client.following(server, owner);
    const { epoch } = client.messages[0]?.payload as { epoch: string };
    expect(await client.request("subscribe", { locations: ["main"], resume: { epoch, after: { main: 0 } } })).toMatchObject({ type: "error", payload: { code: "bad_message" } });
    await client.close();
  });

  test("over more events than one page reads is as whole", async () => {
    const watcher = await Client.following(server, owner);
    const { epoch, heads } = watcher.messages[0]?.payload as { epoch: string; heads: Record<string, number> };
    await watcher.close();
    const desk = await Client.open(server, { bearer: owner });
    await desk.next("authentication_success");
    const members = Array.from({ length: 60 }, fresh);
    for (let round = 0; round < 10; round++) {
      await Promise.all(members.map((member) => desk.request("check_in", { member_id: member, location: "north" })));
      await Promise.all(members.map((member) => desk.request("check_out", { member_id: member })));
    }
    await desk.close();
    const { client, hello } = await resuming({ epoch, after: { north: heads.north } }, ["north"]);
    expect(hello.payload.recovered).toBe(true);
    await client.until(() => client.seqs("north").length >= 1200, "1,200 events");
    expect(client.seqs("north")).toEqual(range((heads.north ?? 0) + 1, (heads.north ?? 0) + 1200));
    await client.close();
  });
});

// So many come back at once; RESUMERS=10000 by hand (docs/performance.md), with as few missed events as a test program can hold.
const resumers = Number(process.env["RESUMERS"] ?? 200);

test("after a restart everybody is given what was missed: admitted in turn, and the log read once for all, not once each", { timeout: 600_000 }, async () => {
  const missed = resumers > 1000 ? 20 : 200;
  const args = ["--limits.connections_per_address=0", "--limits.messages_per_second_per_user=0", `--limits.admission_rate=${resumers > 1000 ? 500 : 100}`];
  const other = await Server.start({ members: 400, args });
  const token = await other.token({ ttl: 86_400 });
  const desk = await Client.open(other, { bearer: token });
  const { payload } = await desk.next("authentication_success");
  await Promise.all(Array.from({ length: 100 + missed }, (_, at) => desk.request("check_in", { member_id: at + 1, location: "main" })));
  await other.kill();
  await other.begin();
  let sentAway = 0;
  const comeBack = async (): Promise<Client> => {
    for (;;) {
      const client = await Client.open(other);
      client.send("authenticate", { token, resume: { epoch: payload.epoch, after: { main: 100 } } });
      const first = await client.first(120_000);
      if (first.type === "authentication_success") {
        expect(first.payload.recovered).toBe(true);
        await client.until(() => client.seqs("main").length >= missed, `${missed} events`, 60_000);
        return client;
      }
      sentAway++;
      expect(first).toMatchObject({ type: "error", payload: { code: "overloaded" } });
      expect((await client.closed).code).toBe(1013);
      expect(first.payload.retry_after_ms).toBeGreaterThanOrEqual(1000);
      await new Promise((done) => setTimeout(done, first.payload.retry_after_ms as number));
    }
  };
  const began = Date.now();
  const all = await Promise.all(Array.from({ length: resumers }, comeBack));
  if (process.env["RESUMERS"] !== undefined) console.log(`${resumers} were back after ${Date.now() - began} ms; ${sentAway} times one was told to wait`);
  for (const client of all) expect(client.seqs("main")).toEqual(range(101, 100 + missed));
  expect(sentAway).toBeGreaterThan(0);
  expect(await replayReads(other)).toBe(0);
  await Promise.all(all.map((client) => client.drop()));
  await other.stop();
});
