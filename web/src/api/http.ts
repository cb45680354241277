/**
 * One request to the REST API: bearer token, JSON, problem documents, and one silent renewal when the token has run out.
 * Knows no React; the session gives it its token and is told when it is over.
 */
import type { z } from 'zod';
import { Problem } from './schemas.ts';

/** The server said no, with a code of the contract. */
export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }
  get code(): string {
    return this.problem.code;
  }
}

/** There was no answer, or one that nobody understands: a cut line, a proxy's page, a server that is not there. */
export class NetworkError extends Error {
  override name = 'NetworkError';
}

export interface Tokens {
  /** The access token, or null when signed out. */
  current: () => string | null;
  /** A new one in place of `spent`; null when the session is over. Many callers at once share one renewal. */
  renew: (spent: string) => Promise<string | null>;
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Record<string, string | number | boolean | null | undefined>;
  json?: unknown;
  /** Raw bytes, with their own type: a photo. */
  body?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface Http {
  /** The answer's body, parsed. */
  read: <Schema extends z.ZodType>(schema: Schema, path: string, options?: RequestOptions) => Promise<z.infer<Schema>>;
  /** The same with its `ETag`, for an edit later. */
  readTagged: <Schema extends z.ZodType>(schema: Schema, path: string, options?: RequestOptions) => Promise<Tagged<z.infer<Schema>>>;
  readBlob: (path: string, signal?: AbortSignal) => Promise<Blob>;
  /** A request whose answer has no body. */
  send: (path: string, options?: RequestOptions) => Promise<void>;
}

export interface Tagged<Value> {
  value: Value;
  etag: string;
}

const base = '/api/v1';

export function createHttp(tokens: Tokens, fetchFn: typeof fetch = (input, init) => fetch(input, init)): Http {
  async function request(path: string, options: RequestOptions = {}): Promise<Response> {
    const token = tokens.current();
    const first = await attempt(fetchFn, path, options, token);
    if (first.status !== 401 || token === null) return answerOf(first);
    const renewed = await tokens.renew(token);
    return answerOf(renewed === null ? first : await attempt(fetchFn, path, options, renewed));
  }
  return {
    read: async (schema, path, options) => parse(schema, await json(await request(path, options))),
    readTagged: async (schema, path, options) => {
      const response = await request(path, options);
      return { value: parse(schema, await json(response)), etag: response.headers.get('ETag') ?? '' };
    },
    readBlob: async (path, signal) => (await request(path, { signal })).blob(),
    send: async (path, options) => {
      await request(path, options);
    },
  };
}

export async function attempt(fetchFn: typeof fetch, path: string, options: RequestOptions, token: string | null): Promise<Response> {
  const headers = new Headers(options.headers);
  headers.set('Accept', 'application/json');
  if (token !== null) headers.set('Authorization', `Bearer ${token}`);
  if (options.json !== undefined) headers.set('Content-Type', 'application/json');
  const body = options.json === undefined ? (options.body ?? null) : JSON.stringify(options.json);
  try {
    return await fetchFn(urlOf(path, options.query), {
      method: options.method ?? 'GET',
      headers,
      body,
      signal: options.signal ?? null,
      credentials: 'same-origin',
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new NetworkError('no answer', { cause });
  }
}

function urlOf(path: string, query: RequestOptions['query'] = {}): string {
  const url = path.startsWith('/api/') ? path : base + path;
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (set.length === 0) return url;
  return `${url}?${new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString()}`;
}

/** The response itself when it is a success; else the problem that it carries. */
export async function answerOf(response: Response): Promise<Response> {
  if (response.ok) return response;
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    throw new NetworkError(`status ${response.status} without a problem document`);
  }
  const problem = Problem.safeParse(body);
  if (!problem.success) throw new NetworkError(`status ${response.status} with an unknown body`);
  throw new ApiError(problem.data);
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new NetworkError('the answer is not JSON', { cause });
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw new NetworkError(`the answer is not what the API promises: ${result.error.message}`);
  return result.data;
}
