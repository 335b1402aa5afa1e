/** One event of a stream, as the Anthropic and responses wires name each by its type. */
export function namedEvent(event: { type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** One event of a chat-completions stream. */
export function dataEvent(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

export const eventStream = 'text/event-stream; charset=utf-8';
export const jsonBody = 'application/json';
