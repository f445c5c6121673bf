// The one way to the API. Answers are kept by path: whoever shows the same path shares one request, one ETag and one object.

/** A failed call. <c>message</c> is for people: it says what, where, and what is allowed. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly body: unknown = null,
    readonly retryAfter = 0,
  ) {
    super(detail);
    this.name = 'ApiError';
  }

  /** True where trying again may help: the network, a limit, the server's own trouble. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Who speaks: set by the session. */
export interface Authorization {
  /** The access token, or null. */
  token(): string | null;
  /** Tries to get another token once after a 401; true if there is a new one. */
  renew(): Promise<boolean>;
}

let authorization: Authorization = { token: () => null, renew: () => Promise.resolve(false) };
export const useAuthorization = (by: Authorization): void => {
  authorization = by;
};

const root = '/api/v1';
const url = (path: string): string => (/^\/(api\/|licences|health)/.test(path) ? path : root + path);

async function failure(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('retry-after') ?? 0) || 0;
  try {
    const problem = (await response.json()) as { detail?: string; title?: string; code?: string };
    return new ApiError(
      response.status,
      problem.code ?? '',
      problem.detail ?? problem.title ?? `HTTP ${response.status}`,
      problem,
      retryAfter,
    );
  } catch {
    return new ApiError(response.status, '', `The pool's server answered ${response.status}.`, null, retryAfter);
  }
}

async function send(path: string, init: RequestInit, isSecond = false): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('accept', 'application/json');
  const token = authorization.token();
  if (token) headers.set('authorization', `Bearer ${token}`);
  let response: Response;
  try {
    // Our own cache answers; the browser's would only keep a second copy.
    response = await fetch(url(path), {
      ...init,
      headers,
      cache: 'no-store',
      credentials: 'same-origin',
      redirect: 'error',
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'offline', "The pool's server does not answer. Is the connection up?");
  }
  if (response.status === 401 && token && !isSecond && (await authorization.renew())) return send(path, init, true);
  if (!response.ok && response.status !== 304) throw await failure(response);
  return response;
}

type ExtraHeaders = Record<string, string>;

async function change<T>(method: string, path: string, body?: unknown, headers: ExtraHeaders = {}): Promise<T> {
  const response = await send(
    path,
    body === undefined
      ? { method, headers }
      : { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** What is known of a path. */
export interface Entry<T = unknown> {
  data?: T | undefined;
  error?: ApiError | undefined;
  etag?: string | undefined;
  at: number;
  asking?: Promise<void> | undefined;
}

const entriesMax = 200;
const entries = new Map<string, Entry>();
const watchers = new Map<string, Set<() => void>>();

function put(path: string, entry: Entry): void {
  entries.delete(path);
  entries.set(path, entry);
  // Oldest first; what is on the screen stays.
  for (const key of entries.keys()) {
    if (entries.size <= entriesMax) break;
    if (!watchers.has(key)) entries.delete(key);
  }
  watchers.get(path)?.forEach(tell => tell());
}

export const store = {
  peek: <T>(path: string): Entry<T> | undefined => entries.get(path) as Entry<T> | undefined,

  /** Sets what a path answers, as the live channel told it. */
  set(path: string, data: unknown): void {
    const entry = entries.get(path);
    // The ETag is of the answer that was asked for, and no longer of this one.
    put(path, { data, at: Date.now(), asking: entry?.asking });
  },

  /** Forgets what was asked as somebody else. */
  clear(): void {
    for (const path of [...entries.keys()]) if (!watchers.has(path)) entries.delete(path);
  },

  watch(path: string, tell: () => void): () => void {
    const of = watchers.get(path) ?? new Set();
    watchers.set(path, of.add(tell));
    return () => {
      of.delete(tell);
      if (of.size === 0) watchers.delete(path);
    };
  },

  /** Asks, unless somebody is asking already. Never throws: the failure is in the entry, beside the last good answer. */
  load(path: string): Promise<void> {
    const known = entries.get(path);
    if (known?.asking) return known.asking;
    const asking = ask(path, known?.etag).then(
      found => put(path, { ...(found ?? { data: entries.get(path)?.data, etag: known?.etag }), at: Date.now() }),
      (error: unknown) =>
        put(path, {
          ...entries.get(path),
          at: Date.now(),
          asking: undefined,
          error: error instanceof ApiError ? error : new ApiError(0, 'fault', String(error)),
        }),
    );
    put(path, { ...known, at: known?.at ?? 0, asking });
    return asking;
  },
};

/** Null when nothing has changed. */
async function ask(path: string, etag?: string): Promise<{ data: unknown; etag?: string | undefined } | null> {
  const response = await send(path, etag ? { headers: { 'if-none-match': etag } } : {});
  if (response.status === 304) return null;
  return { data: await response.json(), etag: response.headers.get('etag') ?? undefined };
}

export const api = {
  get: async <T>(path: string): Promise<T> => (await (await send(path, {})).json()) as T,
  post: <T = unknown>(path: string, body?: unknown, headers?: ExtraHeaders): Promise<T> =>
    change<T>('POST', path, body, headers),
  put: <T = unknown>(path: string, body?: unknown): Promise<T> => change<T>('PUT', path, body),
  patch: <T = unknown>(path: string, body?: unknown): Promise<T> => change<T>('PATCH', path, body),
  delete: <T = unknown>(path: string, body?: unknown): Promise<T> => change<T>('DELETE', path, body),
};
