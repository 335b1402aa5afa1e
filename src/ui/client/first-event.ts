import type { EventData, EventType } from '#protocol/events.ts';

/**
 * Reads an event stream up to the first event of one type, then lets go of the connection.
 * @throws when the stream ends without it
 */
export async function firstEvent<Type extends EventType>(
  response: Response,
  type: Type,
): Promise<EventData[Type]> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) throw new Error('The answer has no body.');
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`The stream ended before "${type}".`);
      text += value;
      const data = dataOf(text, type);
      if (data !== null) return JSON.parse(data) as EventData[Type];
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** Only whole events count: one that is not yet ended by an empty line is incomplete. */
function dataOf(text: string, type: string): string | null {
  const whole = text.split(/\r?\n\r?\n/).slice(0, -1);
  const event = whole.find((block) => fieldsOf(block, 'event').includes(type));
  return event === undefined ? null : fieldsOf(event, 'data').join('\n');
}

function fieldsOf(block: string, name: string): string[] {
  const lines = block.split(/\r?\n/).filter((line) => line.startsWith(`${name}:`));
  return lines.map((line) => line.slice(name.length + 1).replace(/^ /, ''));
}
