import * as v from 'valibot';
import { CrosspointError } from '#protocol/errors.ts';
import { flush, pktLine, readPktLines } from './pkt-line.ts';

export interface GitHubConfig {
  token: string;
  /** Where repositories are, e.g. `https://github.com`. */
  url: string;
  /** Where the API is, e.g. `https://api.github.com`. */
  apiUrl: string;
}

/** A repository there. */
export interface Place {
  owner: string;
  name: string;
}

export interface PullRequest {
  url: string;
  number: number;
  /** It was there before. */
  existed: boolean;
}

/** Milliseconds of a question, and of a push. */
const askMs = 30_000;
const pushMs = 600_000;
const maxAnswer = 16 * 1_048_576;
const zeros = '0'.repeat(40);

const repositorySchema = v.object({ default_branch: v.string() });
const pullSchema = v.object({
  html_url: v.pipe(v.string(), v.regex(/^https?:\/\/[^\s"'<>]+$/)),
  number: v.pipe(v.number(), v.integer()),
});
const refusalSchema = v.object({
  message: v.string(),
  errors: v.optional(v.array(v.looseObject({ message: v.optional(v.string()) }))),
});

/** Talks to GitHub with the person's token, which never gets into a sandbox: what is pushed comes out of it as a pack. */
export class GitHub {
  readonly #config: GitHubConfig;

  constructor(config: GitHubConfig) {
    this.#config = config;
  }

  /** @returns null for an address that is not on this host, or that is none of a repository */
  placeOf(remote: string): Place | null {
    const { hostname } = new URL(this.#config.url);
    const host = hostname.replaceAll('.', String.raw`\.`);
    const form = new RegExp(
      String.raw`^(?:https?://(?:[^/@\s]*@)?${host}(?::\d+)?/|(?:ssh://)?git@${host}[:/])([A-Za-z0-9-]{1,100})/([A-Za-z0-9._-]{1,100}?)(?:\.git)?/?$`,
    );
    const [, owner, name] = form.exec(remote) ?? [];
    return owner === undefined || name === undefined || /^\.{1,2}$/.test(name) ? null : { owner, name };
  }

  /** The refs that a push is based on. @throws `git_failed` */
  async refs(place: Place): Promise<Map<string, string>> {
    const answer = await this.#git(place, 'info/refs?service=git-receive-pack', { method: 'GET' }, askMs);
    const refs = new Map<string, string>();
    for (const line of this.#lines(answer)) {
      const [, sha, ref] = /^([0-9a-f]{40}) ([^\0\n]+)/.exec(line?.toString('utf8') ?? '') ?? [];
      if (sha !== undefined && ref !== undefined && ref !== 'capabilities^{}') refs.set(ref, sha);
    }
    return refs;
  }

  /**
   * Moves a branch from `before` (null: it is new) to `after`, with what the pack holds.
   * @throws `git_failed` with the reason that was given
   */
  async push(
    place: Place,
    move: { branch: string; before: string | null; after: string },
    pack: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const ref = `refs/heads/${move.branch}`;
    const abilities = 'report-status side-band-64k object-format=sha1 agent=crosspoint';
    const command = pktLine(`${move.before ?? zeros} ${move.after} ${ref}\0 ${abilities}`);
    async function* body() {
      yield command;
      yield flush;
      yield* pack;
    }
    const headers = {
      'content-type': 'application/x-git-receive-pack-request',
      accept: 'application/x-git-receive-pack-result',
    };
    const init = { method: 'POST', headers, body: body(), duplex: 'half' } as unknown as RequestInit;
    this.#checkReport(await this.#git(place, 'git-receive-pack', init, pushMs), ref);
  }

  /** One that is open for the branch already is the answer too. @throws `git_failed` */
  async openPullRequest(
    { owner, name }: Place,
    request: { head: string; base: string | null; title: string; body: string; draft: boolean },
  ): Promise<PullRequest> {
    const at = `/repos/${owner}/${name}`;
    const base = request.base ?? v.parse(repositorySchema, await this.#api('GET', at)).default_branch;
    if (base === request.head)
      throw failed(`"${base}" is the branch that it would go into: start another one.`);
    const open = await this.#api(
      'GET',
      `${at}/pulls?state=open&head=${owner}:${encodeURIComponent(request.head)}`,
    );
    const [known] = v.parse(v.array(pullSchema), open);
    if (known) return { url: known.html_url, number: known.number, existed: true };
    const made = v.parse(pullSchema, await this.#api('POST', `${at}/pulls`, { ...request, base }));
    return { url: made.html_url, number: made.number, existed: false };
  }

  #checkReport(answer: Uint8Array, ref: string): void {
    const bands = this.#lines(answer).filter((line) => line !== null);
    const fatal = bands.find((line) => line[0] === 3);
    if (fatal) throw failed(fatal.subarray(1).toString('utf8').trim());
    const report = Buffer.concat(bands.filter((line) => line[0] === 1).map((line) => line.subarray(1)));
    const lines = this.#lines(report).map((line) => line?.toString('utf8').trim() ?? '');
    if (lines.includes(`ok ${ref}`) && lines.includes('unpack ok')) return;
    const no = lines.find((line) => line.startsWith(`ng ${ref} `))?.slice(`ng ${ref} `.length);
    throw failed(
      no ?? lines.find((line) => line.startsWith('unpack ')) ?? 'GitHub did not say what became of the push.',
    );
  }

  #lines(answer: Uint8Array): (Buffer | null)[] {
    try {
      return readPktLines(answer);
    } catch (cause) {
      throw failed((cause as Error).message);
    }
  }

  async #git({ owner, name }: Place, path: string, init: RequestInit, ms: number): Promise<Uint8Array> {
    const secret = Buffer.from(`x-access-token:${this.#config.token}`).toString('base64');
    const headers = { ...(init.headers as Record<string, string>), authorization: `Basic ${secret}` };
    const url = `${this.#config.url}/${owner}/${name}.git/${path}`;
    const response = await this.#fetch(url, { ...init, headers }, ms);
    if (response.ok) return readAll(response);
    await response.body?.cancel();
    if ([401, 403, 404].includes(response.status))
      throw failed(`GitHub lets GITHUB_TOKEN not push to ${owner}/${name} (${response.status}).`);
    throw failed(`GitHub answered with ${response.status}.`);
  }

  async #api(method: string, path: string, body?: object): Promise<unknown> {
    const headers = {
      authorization: `Bearer ${this.#config.token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': 'crosspoint',
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const response = await this.#fetch(this.#config.apiUrl + path, init, askMs);
    const text = Buffer.from(await readAll(response)).toString('utf8');
    if (response.ok) return jsonOf(text);
    throw failed(`GitHub: ${refusalOf(text)} (${response.status})`);
  }

  /** A redirection is never followed: it would take the token along. */
  async #fetch(url: string, init: RequestInit, ms: number): Promise<Response> {
    try {
      const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(ms) });
      if (response.status < 300 || response.status >= 400) return response;
      await response.body?.cancel();
    } catch (cause) {
      throw failed('GitHub does not answer.', cause);
    }
    throw failed('The repository has moved: change the address of the remote.');
  }
}

async function readAll(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength;
    if (bytes > maxAnswer) throw failed('the answer is too long.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw failed('the answer is not that of GitHub: is GITHUB_API_URL right?', cause);
  }
}

function refusalOf(text: string): string {
  try {
    const { message, errors = [] } = v.parse(refusalSchema, JSON.parse(text));
    return [message, ...errors.flatMap((error) => error.message ?? [])].join(': ').slice(0, 500);
  } catch {
    return 'refused';
  }
}

function failed(detail: string, cause?: unknown): CrosspointError {
  return new CrosspointError('git_failed', { detail: detail.slice(0, 1_000) }, { cause });
}
