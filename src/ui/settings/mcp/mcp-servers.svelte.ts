import type { McpServerConfig, McpServerView, McpToolView, OfferedMcpServer } from '#protocol/mcp.ts';
import type { McpApi } from '#ui/client/mcp-api.ts';
import { openWhenKnown } from './sign-in.ts';
import { asApiError } from '#ui/client/thread.svelte.ts';

/** The servers on the page, as the server of ours says they are. */
export class McpServersState {
  servers = $state.raw<McpServerView[] | null>(null);
  offered = $state.raw<OfferedMcpServer[]>([]);
  failure = $state('');
  /** Of the server that something is asked of; empty: of none. */
  busy = $state('');
  readonly #api: McpApi;
  readonly #threadId: string | null;

  constructor(api: McpApi, threadId: string | null) {
    this.#api = api;
    this.#threadId = threadId;
  }

  open = () =>
    this.#do('', async () => {
      const { servers, offered } = await this.#api.list(this.#threadId);
      this.servers = servers;
      this.offered = offered;
    });

  /** @throws ApiError; the form says it */
  async add(config: McpServerConfig): Promise<void> {
    const added = await this.#api.add(config);
    await this.open();
    await this.look(added.id);
  }

  look = (id: string) => this.#show(id, () => this.#api.look(id));
  agree = (id: string, tools: readonly McpToolView[]) => this.#show(id, () => this.#api.agree(id, tools));
  setRule = (id: string, tool: McpToolView, allowed: boolean) =>
    this.#show(id, () => this.#api.setRule(id, tool, allowed));
  signIn = (id: string) => this.#do(id, () => openWhenKnown(async () => (await this.#api.signIn(id)).url));
  signOut = (id: string) => this.#show(id, () => this.#api.signOut(id));
  setEnabled = ({ id, name, transport }: McpServerView, enabled: boolean) =>
    this.#show(id, () => this.#api.change(id, { name, transport, enabled }));
  remove = (id: string) =>
    this.#do(id, async () => {
      await this.#api.remove(id);
      this.servers = this.servers?.filter((server) => server.id !== id) ?? null;
    });

  #show(id: string, ask: () => Promise<McpServerView>): Promise<void> {
    return this.#do(id, async () => {
      const view = await ask();
      this.servers = this.servers?.map((server) => (server.id === id ? view : server)) ?? null;
    });
  }

  async #do(id: string, work: () => Promise<void>): Promise<void> {
    this.failure = '';
    this.busy = id;
    try {
      await work();
    } catch (cause) {
      this.failure = asApiError(cause).message;
    } finally {
      this.busy = '';
    }
  }
}
