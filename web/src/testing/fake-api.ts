/** A REST server made of functions: what a test says for a method and a path, and 404 for the rest. */
export interface FakeRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  json: unknown;
}

type Handler = (request: FakeRequest, ...parts: string[]) => object | Promise<object>;

export function problem(status: number, code: string, more: object = {}): Response {
  return Response.json({ type: 'about:blank', title: code, status, code, ...more }, { status, headers: { 'Content-Type': 'application/problem+json' } });
}

export class FakeApi {
  readonly requests: FakeRequest[] = [];
  /** Nobody answers. */
  down = false;
  readonly #routes: { method: string; pattern: RegExp; handler: Handler }[] = [];

  /** The latest handler for a path counts. `:x` in a path is handed on. */
  on(method: string, path: string, handler: Handler): this {
    this.#routes.unshift({ method, pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '([^/]+)')}$`), handler });
    return this;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (this.down) throw new TypeError('Failed to fetch');
    const url = new URL(input instanceof Request ? input.url : input.toString(), 'http://gym.test');
    const body = typeof init?.body === 'string' ? init.body : 'null';
    const request: FakeRequest = {
      method: init?.method ?? 'GET',
      path: url.pathname.replace('/api/v1', ''),
      query: url.searchParams,
      headers: new Headers(init?.headers),
      json: JSON.parse(body) as unknown,
    };
    this.requests.push(request);
    for (const { method, pattern, handler } of this.#routes) {
      const match = method === request.method ? pattern.exec(request.path) : null;
      if (match !== null) return responseOf(await handler(request, ...match.slice(1)));
    }
    return problem(404, 'not_found');
  };

  asked(method: string, path: string): FakeRequest[] {
    return this.requests.filter((request) => request.method === method && request.path === path);
  }
}

function responseOf(answer: object): Response {
  return answer instanceof Response ? answer : Response.json(answer, { headers: { ETag: '"1"' } });
}
