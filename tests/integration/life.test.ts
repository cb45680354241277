// Contract 1.1, point 5, and the end of a server: signs of life, drain, restart on the same data.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { OPCODE, Raw, frame } from "../support/raw.ts";
import { Rest } from "../support/rest.ts";
import { Server, footfall, freePort } from "../support/server.ts";
import { settings } from "../support/settings.ts";

describe("signs of life", () => {
  let server: Server;
  let owner: string;
  beforeAll(async () => {
    server = await Server.start({ members: 10, args: [settings.heartbeatInterval(1)] });
    owner = await server.token();
  });
  afterAll(() => server.stop());

  test("a silent page hears a heartbeat with the heads each interval, beside RFC 6455 pings", async () => {
    const client = await Client.following(server, owner);
    const pinged = new Promise((resolve) => client.socket.once("ping", resolve));
    const beat = await client.next("heartbeat");
    expect(beat.payload).toMatchObject({ server_time: expect.any(String), heads: { main: expect.any(Number) } });
    await pinged;
    await client.close();
  });

  test("who answers pings stays", async () => {
    const client = await Client.following(server, owner);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect((await client.settled()).type).toBe("heartbeat_ack");
    await client.close();
  });

  test("who gives no sign of life for two intervals is closed with 4408", async () => {
    const raw = await Raw.upgraded(server, `/ws/checkins/?token=${owner}`);
    const began = Date.now();
    const close = await raw.closeFrame(); // pings come, and are not answered
    expect(close).toMatchObject({ code: 4408 });
    expect(Date.now() - began).toBeGreaterThan(1200);
    expect(Date.now() - began).toBeLessThan(6000);
    raw.destroy();
  });

  test("any byte is a sign of life, an unfinished frame too", async () => {
    const raw = await Raw.upgraded(server, `/ws/checkins/?token=${owner}`);
    const bytes = frame({ payload: JSON.stringify({ type: "heartbeat", id: "slow", payload: {} }) });
    for (let at = 0; at < 10; at++) {
      raw.write(bytes.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    raw.write(bytes.subarray(10));
    for (;;) {
      const next = await raw.frame();
      expect(next.opcode).not.toBe(OPCODE.close);
      if (next.payload.includes('"slow"')) break;
    }
    raw.destroy();
  });

  // PAUSE_S=30 for a longer one.
  const pause_s = Number(process.env["PAUSE_S"] ?? 3.5);

  test(`after a pause of its own (${pause_s} s) the server reads before it judges, and every stream goes on`, { timeout: 30_000 + pause_s * 1000 }, async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.following(server, owner)));
    const [desk] = clients as [Client];
    const before = await desk.request("check_in", { member_id: 1, location: "main" });
    server.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, pause_s * 1000));
    for (const client of clients) client.send("heartbeat", {}, "while-stopped");
    desk.send("check_out", { member_id: 1 }, "asked-while-stopped");
    server.signal("SIGCONT");
    const { payload } = await desk.next("check_out_success");
    expect(payload.seq).toBe(before.payload.seq + 1);
    for (const client of clients) {
      expect((await client.next("heartbeat_ack")).id).toBe("while-stopped");
      await client.until(() => client.seqs("main").at(-1) === payload.seq, "the event");
      expect(client.seqs("main").slice(-2)).toEqual([payload.seq - 1, payload.seq]);
      await client.close();
    }
  });
});

describe("the end and a new beginning", () => {
  test("on SIGTERM clients are told when to come back, then 1012; the server ends with 0", async () => {
    const server = await Server.start({ members: 10 });
    const client = await Client.following(server, await server.token());
    const told = client.next("server_draining");
    const ended = server.stop();
    expect((await told).payload.reconnect_after_ms).toBeGreaterThanOrEqual(0);
    expect((await client.closed).code).toBe(1012);
    await ended;
  });

  test("a restart on the same data goes on where it was", async () => {
    const server = await Server.start({ members: 12 });
    const { email, password } = server.owner;
    const before = await Client.following(server, await server.token());
    const { epoch } = before.messages[0]?.payload as { epoch: string };
    const reply = await before.request("check_in", { member_id: 3, location: "main" });
    await server.restart();
    const after = await Client.following(server, await server.token());
    expect(after.messages[0]?.payload).toMatchObject({ epoch, heads: { main: reply.payload.seq } });
    expect(server.owner.email).toBe(email);
    expect((await new Rest(server).post("/auth/login", { email, password })).status).toBe(200);
    const stats = (await after.request("get_stats", { location: "main" })).payload.locations[0];
    expect(stats).toMatchObject({ currently_in: 1, check_ins_today: 1, as_of_seq: reply.payload.seq });
    await after.close();
    await server.stop();
  });

  test("two servers on one database are told apart, or the second says why not", async () => {
    const server = await Server.start({ members: 5 });
    const run = await footfall(["demo", "--listen", `127.0.0.1:${server.port}`, "--data", server.data]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(new RegExp(`${server.port}.*in use|in use.*${server.port}`));
    await server.stop();
  });

  test("a port is free again at once", async () => {
    const port = await freePort();
    for (const _ of [1, 2]) {
      const server = await Server.start({ members: 5, port });
      const client = await Client.following(server, await server.token());
      await client.close();
      await server.stop();
    }
  });
});
