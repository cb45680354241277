// REST as a program speaks it; every answer is held against docs/api/openapi.yaml.
import type { Server } from "./server.ts";
import { checkAnswer } from "./schema.ts";

export interface Answer {
  status: number;
  headers: Headers;
  // The tests state what should be in there; the schemas check the rest.
  body: any;
}

export interface CallOptions {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export class Rest {
  readonly #server: Server;
  readonly #token: string | undefined;

  constructor(server: Server, token?: string) {
    this.#server = server;
    this.#token = token;
  }

  /** Signed in as the demo's owner, as a program does it (no Origin, so the refresh token is in the answer). */
  static async signIn(server: Server): Promise<{ rest: Rest; access: string; refresh: string }> {
    const answer = await new Rest(server).post("/auth/login", server.owner);
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`);
    const { access, refresh } = answer.body as { access: string; refresh: string };
    return { rest: new Rest(server, access), access, refresh };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("GET", path, { headers });
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("POST", path, { body, headers });
  }

  patch(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("PATCH", path, { body, headers });
  }

  delete(path: string): Promise<Answer> {
    return this.call("DELETE", path);
  }

  /** Strings and bytes go as they are, everything else as JSON. */
  async call(method: string, path: string, { token = this.#token, body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const plain = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(`${this.#server.origin}${path.startsWith("/healthz") || path.startsWith("/readyz") || path.startsWith("/metrics") ? path : `/api/v1${path}`}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined || plain ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: plain ? (body as string) : JSON.stringify(body) }),
      redirect: "manual",
    });
    const type = response.headers.get("content-type") ?? "";
    const bytes = Buffer.from(await response.arrayBuffer());
    const answer: Answer = { status: response.status, headers: response.headers, body: /json/.test(type) ? JSON.parse(bytes.toString("utf8")) : bytes };
    checkAnswer(method, path.split("?")[0] ?? path, answer);
    return answer;
  }
}
