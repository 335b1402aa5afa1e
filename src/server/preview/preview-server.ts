import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { CrosspointError } from '#protocol/errors.ts';
import type { PortTarget } from '#server/sandbox/sandbox.ts';
import { forward, forwardUpgrade } from './forward.ts';
import type { Preview, Previews } from './previews.ts';

export interface PreviewParts {
  previews: Previews;
  /** The port of a thread's sandbox. @throws CrosspointError when the sandbox cannot be opened */
  portOf(preview: Preview): Promise<PortTarget>;
  /** Our own origins: only our page may show a preview in a frame. A policy has no word for an IPv6 address. */
  appOrigins: readonly string[];
}

/** Answers the hosts of previews. Nothing of ours is served there, and no cookie of ours is ever looked at. */
export class PreviewServer {
  readonly #parts: PreviewParts;
  readonly #frameAncestors: string;
  readonly #sockets = new Set<Duplex>();

  constructor(parts: PreviewParts) {
    this.#parts = parts;
    this.#frameAncestors = parts.appOrigins.filter((origin) => !origin.includes('[')).join(' ');
  }

  isFor({ headers }: IncomingMessage): boolean {
    return this.#parts.previews.isPreviewHost(headers.host);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const preview = this.#parts.previews.find(request.headers.host);
    if (!preview) return refuse(response, 404, 'This preview is over. Open it again from its thread.');
    try {
      const target = await this.#parts.portOf(preview);
      await forward(target, preview.port, request, response, this.#frameAncestors);
    } catch (cause) {
      if (response.headersSent) return void response.destroy();
      refuse(response, 502, sentenceOf(cause, preview.port), true);
    }
  }

  /** `socket` is the caller's from here on. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
    const preview = this.#parts.previews.find(request.headers.host);
    try {
      if (!preview) throw new CrosspointError('not_found', { what: 'preview' });
      await forwardUpgrade(await this.#parts.portOf(preview), preview.port, request, socket, head);
    } catch {
      const answer = 'HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
      socket.end(answer, () => socket.destroy());
    }
  }

  /** At the end: no server closes a socket that was upgraded. */
  closeSockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function sentenceOf(cause: unknown, port: number): string {
  if (cause instanceof CrosspointError && cause.code !== 'port_closed') return cause.message;
  return `Nothing answers on port ${port} of the sandbox. This page tries again every two seconds.`;
}

function refuse(response: ServerResponse, status: number, sentence: string, again = false): void {
  const body = `<!doctype html><meta charset="utf-8">${again ? '<meta http-equiv="refresh" content="2">' : ''}<title>Preview</title><body style="font:16px system-ui;padding:2rem;color-scheme:light dark"><p>${escapedHtml(sentence)}</p>`;
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(body);
}

function escapedHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
