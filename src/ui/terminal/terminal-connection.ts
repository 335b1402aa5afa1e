/** How a terminal stands: `elsewhere`: another page shows it; `ended`: its shell has; `lost`: it is being reached again. */
export type TerminalState = 'connecting' | 'live' | 'lost' | 'elsewhere' | 'ended' | 'gone';

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** What draws the bytes. */
export interface TerminalScreen {
  size(): TerminalSize;
  /**
   * @param wasPrinted these bytes were printed before: questions in them have been answered
   * @param drawn to be called when they are drawn
   */
  write(bytes: Uint8Array, wasPrinted: boolean, drawn: () => void): void;
  /** Some of what came before is lost: begin anew. */
  reset(): void;
}

export interface TerminalReports {
  /** Of a new one: the id that it has got. */
  onid(id: string): void;
  onState(state: TerminalState, exitCode: number | null): void;
  /** Asks when a connection was lost, or not made: a browser says no reason. Resolves false where another try may help. */
  isGone(id: string | null): Promise<boolean>;
}

type Control =
  { type: 'ready'; id: string; offset: number; until: number } | { type: 'exit'; code: number | null };

/** Another page took the terminal over; it would be rude to take it back at once. */
const takenOver = 4001;
const firstPauseMs = 250;
const longestPauseMs = 5_000;

/** The page's side of `src/server/terminal/terminal-socket.ts`: goes on after a lost connection where it was. */
export class TerminalConnection {
  readonly #address: string;
  readonly #screen: TerminalScreen;
  readonly #reports: TerminalReports;
  #id: string | null;
  #socket: WebSocket | null = null;
  /** The offset of the next byte, and up to where what comes was printed before. */
  #after = 0;
  #until = 0;
  /** What was typed before there was a shell. */
  #early: Uint8Array<ArrayBuffer>[] | null = [];
  #pauseMs = firstPauseMs;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /**
   * @param address of the thread's terminals: `ws://…/api/threads/{id}/terminal`
   * @param id null: a new one
   */
  constructor(address: string, id: string | null, screen: TerminalScreen, reports: TerminalReports) {
    this.#address = address;
    this.#id = id;
    this.#screen = screen;
    this.#reports = reports;
    this.#reports.onState('connecting', null);
    this.#open();
  }

  /** What was typed. While a connection is lost nobody sees what they type: it is not kept. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#early) this.#early.push(bytes);
    else if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  resize(size: TerminalSize): void {
    this.#tell(this.#socket, { type: 'resize', ...size });
  }

  /** Shows it here again. */
  takeBack(): void {
    this.#reports.onState('connecting', null);
    this.#open();
  }

  /** Ends the shell. */
  end(): void {
    this.#tell(this.#socket, { type: 'close' });
  }

  /** The shell goes on. */
  leave(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #open(): void {
    const { columns, rows } = this.#screen.size();
    const query = { terminal: this.#id ?? 'new', columns, rows, after: this.#after };
    const text = Object.entries(query).map(([name, value]) => [name, String(value)]);
    const socket = new WebSocket(`${this.#address}?${new URLSearchParams(text)}`);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') this.#control(socket, JSON.parse(data) as Control);
      else this.#receive(socket, new Uint8Array(data));
    };
    socket.onclose = ({ code }) => this.#closed(socket, code);
    this.#socket = socket;
  }

  #control(socket: WebSocket, message: Control): void {
    if (message.type === 'exit') {
      this.#isOver = true;
      return this.#reports.onState('ended', message.code);
    }
    if (message.offset !== this.#after) this.#screen.reset();
    this.#after = message.offset;
    this.#until = message.until;
    this.#pauseMs = firstPauseMs;
    if (this.#id === null) this.#reports.onid((this.#id = message.id));
    this.#reports.onState('live', null);
    for (const bytes of this.#early ?? []) socket.send(bytes);
    this.#early = null;
    // It may have changed while the connection was made.
    this.#tell(socket, { type: 'resize', ...this.#screen.size() });
  }

  #receive(socket: WebSocket, bytes: Uint8Array): void {
    const wasPrinted = this.#after < this.#until;
    this.#after += bytes.byteLength;
    this.#screen.write(bytes, wasPrinted, () => this.#tell(socket, { type: 'ack', bytes: bytes.byteLength }));
  }

  #closed(socket: WebSocket, code: number): void {
    if (this.#isOver || socket !== this.#socket) return;
    if (code === takenOver) return this.#reports.onState('elsewhere', null);
    this.#reports.onState('lost', null);
    this.#timer = setTimeout(() => void this.#again(), this.#pauseMs);
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
  }

  async #again(): Promise<void> {
    const isGone = await this.#reports.isGone(this.#id);
    if (this.#isOver) return;
    if (!isGone) return this.#open();
    this.#isOver = true;
    this.#reports.onState('gone', null);
  }

  #tell(socket: WebSocket | null, message: object): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }
}
