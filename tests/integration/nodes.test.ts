// Several nodes over one PostgreSQL, without Redis: what one confirms all show, in order, each once. Run with tools/with-postgres.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server, isPostgres, onPostgres } from "../support/server.ts";

describe.skipIf(!isPostgres)("two nodes", () => {
  let one: Server;
  let two: Server;
  let owner: string;
  let nextMember = 1;
  const fresh = (): number => nextMember++;
  beforeAll(async () => {
    one = await Server.start({ members: 1200 });
    two = await one.beside();
    owner = await one.token();
  });
  afterAll(async () => {
    await two.kill();
    await one.stop();
  });

  const desk = async (server: Server): Promise<Client> => {
    const client = await Client.open(server, { bearer: owner });
    await client.next("authentication_success");
    return client;
  };
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

  test("each shows what the other confirmed within 2 s, with its statistics", async () => {
    const screens = [await Client.following(one, owner), await Client.following(two, owner)];
    const [a, b] = [await desk(one), await desk(two)];
    const replies = [await a.request("check_in", { member_id: fresh(), location: "main" }), await b.request("check_in", { member_id: fresh(), location: "main" })];
    expect(replies.map((reply) => reply.payload.seq)).toEqual([1, 2]);
    for (const screen of screens) {
      await screen.until(() => screen.seqs("main").length === 2, "both events", 3000);
      expect(screen.seqs("main")).toEqual([1, 2]);
      await screen.until(() => screen.messages.some((message) => message.type === "stats_update" && message.payload.as_of_seq === 2 && message.payload.currently_in === 2), "the statistics of both");
    }
    await Promise.all([...screens, a, b].map((client) => client.close()));
  });

  test("both at once at one location: one log without gap, double or disorder, on all screens", { timeout: 60_000 }, async () => {
    const screens = [await Client.following(one, owner), await Client.following(two, owner), await Client.following(two, owner)];
    const start = screens[0]?.messages.find((message) => message.type === "authentication_success")?.payload.heads.main as number;
    const desks = [await desk(one), await desk(two), await desk(one), await desk(two)];
    const seqs: number[] = [];
    await Promise.all(
      desks.map(async (client) => {
        for (let round = 0; round < 10; round++) {
          const replies = await Promise.all(Array.from({ length: 10 }, () => client.request("check_in", { member_id: fresh(), location: "main" })));
          for (const reply of replies) {
            expect(reply.type, JSON.stringify(reply.payload)).toBe("check_in_success");
            seqs.push(reply.payload.seq as number);
          }
        }
      }),
    );
    expect(seqs.sort((a, b) => a - b)).toEqual(range(start + 1, start + 400));
    for (const screen of screens) {
      await screen.until(() => screen.seqs("main").length >= 400, "400 events");
      expect(screen.seqs("main")).toEqual(range(start + 1, start + 400));
    }
    await Promise.all([...screens, ...desks].map((client) => client.close()));
  });

  test("one member scanned at two nodes at once comes in once; the same id is the same request", async () => {
    const [a, b] = [await desk(one), await desk(two)];
    for (let round = 0; round < 20; round++) {
      const member = fresh();
      const both = await Promise.all([a, b].map((client) => client.request("check_in", { member_id: member, location: "main" })));
      expect(both.map((reply) => reply.type)).toEqual(["check_in_success", "check_in_success"]);
      expect(both[0]?.payload.visit_id).toBe(both[1]?.payload.visit_id);
      expect(both.filter((reply) => reply.payload.repeated)).toHaveLength(1);

      const same = { member_id: fresh(), location: "main" };
      const twice = await Promise.all([a, b].map((client) => client.request("check_in", same, `door-${round}`)));
      expect(twice[0]?.payload.seq).toBe(twice[1]?.payload.seq);
      expect(twice.filter((reply) => reply.payload.replayed)).toHaveLength(1);

      const elsewhere = fresh();
      const apart = await Promise.all([a.request("check_in", { member_id: elsewhere, location: "main" }), b.request("check_in", { member_id: elsewhere, location: "north" })]);
      expect(apart.map((reply) => reply.type)).toEqual(["check_in_success", "check_in_success"]);
      const open = (await new Rest(one, owner).get(`/members/${elsewhere}/visits?open=true`)).body.items;
      expect(open).toHaveLength(1);
    }
    await Promise.all([a, b].map((client) => client.close()));
  });

  test("the same Idempotency-Key at both at once makes one member", async () => {
    const rests = [new Rest(one, owner), new Rest(two, owner)];
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(rests.map((rest) => rest.post("/members", { first_name: "Twin", last_name: `Number${round}` }, { "Idempotency-Key": `twin-${round}` })));
      expect(answers.map((answer) => answer.status)).toEqual([201, 201]);
      expect(answers[0]?.body.id).toBe(answers[1]?.body.id);
    }
    expect((await rests[0]?.get("/members?q=twin&limit=100"))?.body.items).toHaveLength(20);
  });

  test("the same card for two members at two nodes at once is one's alone", async () => {
    const rests = [new Rest(one, owner), new Rest(two, owner)];
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(rests.map((rest, at) => rest.post("/members", { first_name: `Card${at}`, codes: [{ code: `both-${round}`, kind: "card" }] })));
      expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
    }
  });

  test("a client moves from node to node with resume, without gap or double", async () => {
    const screen = await Client.following(one, owner);
    const { epoch, heads } = screen.messages.find((message) => message.type === "authentication_success")?.payload as { epoch: string; heads: { main: number } };
    await screen.drop();
    const writer = await desk(one);
    const replies = await Promise.all(Array.from({ length: 20 }, () => writer.request("check_in", { member_id: fresh(), location: "main" })));
    const last = Math.max(...replies.map((reply) => reply.payload.seq as number));
    const back = await Client.open(two);
    back.send("authenticate", { token: owner, locations: ["main"], resume: { epoch, after: { main: heads.main } } });
    await back.until(() => back.seqs("main").at(-1) === last, "what was missed", 5000);
    expect(back.seqs("main")).toEqual(range(heads.main + 1, last));
    await Promise.all([back, writer].map((client) => client.close()));
  });

  test("what is signed out at one is refused at the other, and its sockets there are closed within 2 s", async () => {
    const { rest, access } = await Rest.signIn(one);
    const socket = await Client.open(two, { bearer: access });
    await socket.next("authentication_success");
    const began = Date.now();
    expect((await rest.post("/auth/logout")).status).toBe(204);
    expect((await socket.closed).code).toBe(4401);
    expect(Date.now() - began).toBeLessThan(4000);
    expect((await new Rest(two, access).get("/me")).status).toBe(401);
  });

  test("a ticket is good once, at either", async () => {
    const { rest } = await Rest.signIn(one);
    const { ticket } = (await rest.post("/auth/ticket")).body as { ticket: string };
    const clients = await Promise.all([one, two].map((server) => Client.open(server, { ticket, origin: server.origin })));
    const firsts = await Promise.all(clients.map((client) => client.first()));
    expect(firsts.map((message) => message.type).sort()).toEqual(["authentication_success", "error"]);
    await Promise.all(clients.map((client) => client.drop()));
  });

  test("a location that one opens is there at the other", async () => {
    const { rest } = await Rest.signIn(one);
    expect((await rest.post("/locations", { slug: "pier", name: "Pier", timezone: "Europe/London" })).status).toBe(201);
    await expect.poll(async () => (await new Rest(two, owner).get("/locations/pier")).status, { timeout: 4000 }).toBe(200);
  });

  test("whose connections to PostgreSQL are cut again and again: nothing confirmed is lost, nothing is carried out twice", { timeout: 120_000 }, async () => {
    const [name] = (await one.rows("SELECT current_database() AS name")).map((row) => row.name as string);
    const cut = (): Promise<string> => onPostgres(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '${name}'`);
    const screens = [await Client.following(one, owner), await Client.following(two, owner)];
    const desks = [await desk(one), await desk(two)];
    const members = range(nextMember, nextMember + 199);
    nextMember += 200;
    const before = Number((await one.rows("SELECT count(*) AS n FROM visits"))[0]?.n);
    let done = false;
    let unavailable = 0;
    const cutting = (async () => {
      for (let count = 0; !done; count++) {
        await cut();
        await new Promise((next) => setTimeout(next, 40 + ((count * 37) % 200)));
      }
    })();
    const confirmed = await Promise.all(
      members.map(async (member, at) => {
        const client = desks[at % 2] as Client;
        await new Promise((next) => setTimeout(next, at * 15));
        for (;;) {
          // The same id whenever no success came: carried out once, however often it is asked.
          const reply = await client.request("check_in", { member_id: member, location: "main" }, `cut-${member}`);
          if (reply.type === "check_in_success") return reply.payload as { seq: number; visit_id: number };
          expect(reply.payload).toMatchObject({ code: "unavailable" });
          unavailable++;
          await new Promise((next) => setTimeout(next, 100));
        }
      }),
    );
    done = true;
    await cutting;
    expect(unavailable).toBeGreaterThan(0);
    const seqs = confirmed.map((one) => one.seq).sort((a, b) => a - b);
    expect(new Set(seqs).size).toBe(200);
    expect(Number((await one.rows("SELECT count(*) AS n FROM visits"))[0]?.n)).toBe(before + 200);
    const last = seqs.at(-1) as number;
    for (const screen of screens) {
      await screen.until(() => screen.seqs("main").at(-1) === last, "all events");
      const seen = screen.seqs("main");
      expect(seen).toEqual(range(seen[0] ?? 0, last));
      expect(seqs.every((seq) => seen.includes(seq))).toBe(true);
    }
    await Promise.all([...screens, ...desks].map((client) => client.close()));
  });

  test("one that is killed leaves nothing behind: the other goes on at once", async () => {
    const third = await one.beside();
    const writer = await desk(third);
    await writer.request("check_in", { member_id: fresh(), location: "main" });
    await third.kill();
    const other = await desk(one);
    expect((await other.request("check_in", { member_id: fresh(), location: "main" })).type).toBe("check_in_success");
    await other.close();
  });
});
