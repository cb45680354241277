// What the documents promise, as checks of the running server: docs/api/openapi.yaml for answers, asyncapi.yaml for the socket.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";
import type { Message } from "./client.ts";
import type { Answer } from "./rest.ts";
import { root } from "./server.ts";

interface Response {
  $ref?: string;
  content?: Record<string, { schema?: unknown }>;
}
type Operation = { responses: Record<string, Response> };
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; responses: Record<string, Response> };
}

interface AsyncApi {
  operations: { serverSays: { messages: { $ref: string }[] } };
  components: { messages: Record<string, { payload: unknown }>; schemas: Record<string, unknown> };
}

const read = (name: string): unknown => parse(readFileSync(join(root, "docs/api", name), "utf8"), { maxAliasCount: -1 });
const api = read("openapi.yaml") as OpenApi;
const socket = read("asyncapi.yaml") as AsyncApi;
const serverSays = new Set(socket.operations.serverSays.messages.map((message) => message.$ref.split("/").at(-1)));
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
/** References become absolute, so that a schema can be compiled from anywhere. */
const absolute = (schema: unknown, home: "openapi" | "asyncapi"): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', `"${home}#/components/`).replaceAll('"./openapi.yaml#/', '"openapi#/')) as object;
ajv.addSchema({ $id: "openapi", components: absolute(api.components, "openapi") }, "openapi");
ajv.addSchema({ $id: "asyncapi", components: absolute(socket.components, "asyncapi") }, "asyncapi");
const validators = new Map<string, ValidateFunction>();

function validator(name: string, schema: unknown, home: "openapi" | "asyncapi" = "openapi"): ValidateFunction {
  let found = validators.get(name);
  if (!found) {
    found = ajv.compile(absolute(schema, home));
    validators.set(name, found);
  }
  return found;
}

const patterns = Object.keys(api.paths).map((path) => ({
  path,
  // A literal path comes before one with a parameter in the same place.
  literal: path.replaceAll(/\{[^}]+\}/g, "").length,
  regex: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`),
})).sort((a, b) => b.literal - a.literal);

/** Throws where the answer is none that the documents name, or not of its form. */
export function checkAnswer(method: string, path: string, answer: Answer): void {
  const known = patterns.find((pattern) => pattern.regex.test(path));
  const operation = known && api.paths[known.path]?.[method.toLowerCase()];
  if (answer.status >= 400) {
    checkProblem(`${method} ${path}`, answer);
  }
  if (!operation) return;
  // Any operation may be asked wrongly or too much of: what every one answers is told once, on top of the document.
  const named = operation.responses[`${answer.status}`];
  if (!named) {
    if ([400, 405, 413, 415, 429, 431, 500, 503].includes(answer.status)) return;
    throw new Error(`${method} ${path} answered ${answer.status}, which the document does not name: ${JSON.stringify(answer.body)}`);
  }
  const response = named.$ref ? api.components.responses[named.$ref.split("/").at(-1) ?? ""] : named;
  const schema = response?.content?.["application/json"]?.schema;
  if (schema && answer.status < 400) expectValid(validator(`${method} ${known.path} ${answer.status}`, schema), answer.body, `${method} ${path}`);
}

function checkProblem(what: string, answer: Answer): void {
  const type = answer.headers.get("content-type") ?? "";
  if (!type.startsWith("application/problem+json")) throw new Error(`${what}: ${answer.status} came as «${type}»`);
  expectValid(validator("Problem", { $ref: "#/components/schemas/Problem" }), answer.body, what);
  const { status } = answer.body as { status: number };
  if (status !== answer.status) throw new Error(`${what}: the problem says ${status}, the status line ${answer.status}`);
  if (answer.status === 401 && !answer.headers.get("www-authenticate")) throw new Error(`${what}: 401 without WWW-Authenticate`);
}

/** Throws where a message of the socket is none that the documents name, or not of its form. */
export function checkMessage(message: Message): void {
  if (!serverSays.has(message.type)) throw new Error(`the server said ${message.type}, which docs/api/asyncapi.yaml does not name`);
  const schema = socket.components.messages[message.type]?.payload;
  expectValid(validator(`message ${message.type}`, schema, "asyncapi"), message, message.type);
}

/** Throws where a message to the server is not of the form that the documents give it. */
export function checkRequest(name: string, message: unknown): void {
  expectValid(validator(`request ${name}`, socket.components.messages[name]?.payload, "asyncapi"), message, name);
}

function expectValid(validate: ValidateFunction, value: unknown, what: string): void {
  if (validate(value)) return;
  const faults = (validate.errors ?? []).map((error) => `${error.instancePath || "/"} ${error.message}`).join("; ");
  throw new Error(`${what} is not as docs/api says: ${faults}\n${JSON.stringify(value).slice(0, 1500)}`);
}
