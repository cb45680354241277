// Contract 1: JSON is strict; what is not is bad_json, and the connection stays.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Server } from "../support/server.ts";

let server: Server;
let desk: Client;

beforeAll(async () => {
  server = await Server.start({ members: 10 });
  desk = await Client.following(server, await server.token());
});
afterAll(async () => {
  await desk.close();
  await server.stop();
});

const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("bad_json", () => {
  test.each([
    ["nothing", ""],
    ["no JSON", "hello"],
    ["cut off", '{"type":"heartbeat"'],
    ["a comma too many", '{"type":"heartbeat","payload":{},}'],
    ["something after it", '{"type":"heartbeat","payload":{}} x'],
    ["two values", '{"type":"heartbeat"}{"type":"heartbeat"}'],
    ["a key twice", '{"type":"heartbeat","type":"heartbeat","payload":{}}'],
    ["a key twice, deeper", '{"type":"heartbeat","payload":{"a":1,"a":2}}'],
    ["a key twice, once escaped", '{"type":"heartbeat","payload":{"a":1,"\\u0061":2}}'],
    ["NaN", '{"type":"heartbeat","payload":{"a":NaN}}'],
    ["Infinity", '{"type":"heartbeat","payload":{"a":Infinity}}'],
    ["a lone high surrogate", '{"type":"heartbeat","payload":{"a":"\\ud800"}}'],
    ["a lone low surrogate", '{"type":"heartbeat","payload":{"a":"\\udc00"}}'],
    ["U+0000", '{"type":"heartbeat","payload":{"a":"\\u0000"}}'],
    ["a raw control character", '{"type":"heartbeat","payload":{"a":"\u0001"}}'],
    ["a leading zero", '{"type":"heartbeat","payload":{"a":01}}'],
    ["single quotes", "{'type':'heartbeat'}"],
    ["a comment", '{"type":"heartbeat" /* here */}'],
    ["a byte order mark", '\ufeff{"type":"heartbeat","payload":{}}'],
    ["17 levels", `{"type":"heartbeat","payload":{"a":${deep(15)}}}`],
    ["thousands of levels", deep(8000)],
  ])("%s", async (_name, text) => {
    desk.raw(text);
    const error = await desk.next("error");
    expect(error.payload).toMatchObject({ code: "bad_json", success: false });
    expect((await desk.settled()).type).toBe("heartbeat_ack");
  });

  test("carries the id where it can be read", async () => {
    desk.raw('{"type":"heartbeat","id":"broken-1","payload":{"a":1,"a":2}}');
    expect(await desk.next("error")).toMatchObject({ id: "broken-1", payload: { code: "bad_json" } });
  });
});

describe("well-formed JSON that is no message", () => {
  test.each([
    ["a list", "[]"],
    ["a number", "1"],
    ["null", "null"],
    ["no type", '{"payload":{}}'],
    ["a type that is no text", '{"type":1,"payload":{}}'],
    ["a payload that is no object", '{"type":"check_in","payload":[]}'],
  ])("%s is bad_message", async (_name, text) => {
    desk.raw(text);
    expect((await desk.next("error")).payload).toMatchObject({ code: "bad_message" });
  });

  test("of an unknown type is unknown_type, with its id and type", async () => {
    const reply = await desk.request("open_the_door", { now: true });
    expect(reply).toMatchObject({ type: "error", payload: { code: "unknown_type", request: "open_the_door" } });
  });
});

test("16 levels are read, unknown members ignored, blanks allowed", async () => {
  desk.raw(` {"type" : "heartbeat", "id":"ok-1", "extra": [1, {"b": null}], "payload": {"a": ${deep(14)}} } \n`);
  expect((await desk.next("heartbeat_ack")).id).toBe("ok-1");
});

test("a server to client type sent to the server is unknown_type", async () => {
  expect(await desk.request("authentication_success", {})).toMatchObject({ type: "error", payload: { code: "unknown_type" } });
});
