import type { CallToolResult } from '@modelcontextprotocol/client';
import type { ImagePart } from '#protocol/message.ts';

/** What a call gave, within bounds. */
export interface McpResult {
  isError: boolean;
  text: string;
  images: ImagePart[];
}

/** Characters of a result that are kept at all. */
const keptCharacters = 400_000;
const mostImages = 4;
/** Characters of a picture as base64, about 3.7 MB. */
const imageCharacters = 5_000_000;
const imageTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

type Block = CallToolResult['content'][number];

/** Texts and pictures of a result; what else it holds is named. Nothing that it links to is fetched. */
export function readResult({ content = [], structuredContent, isError }: CallToolResult): McpResult {
  const images: ImagePart[] = [];
  const texts = content.map((block) => textOf(block, images)).filter((text) => text !== '');
  // Servers repeat it as text, as the protocol advises; where one does not, it is all there is.
  if (!texts.length && structuredContent !== undefined)
    texts.push(JSON.stringify(structuredContent, null, 2));
  const text = texts.join('\n\n').toWellFormed();
  const cut =
    text.length > keptCharacters ? `\n[${text.length - keptCharacters} more characters were left out]` : '';
  return {
    isError: isError === true,
    text:
      text.slice(0, keptCharacters).toWellFormed() + cut ||
      (images.length ? '' : 'The tool returned nothing.'),
    images,
  };
}

function textOf(block: Block, images: ImagePart[]): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image': {
      const { mimeType, data } = block;
      if (!imageTypes.has(mimeType) || data.length > imageCharacters || images.length >= mostImages)
        return `[A picture (${mimeType}) was left out]`;
      images.push({ type: 'image', mediaType: mimeType, data });
      return '';
    }
    case 'audio':
      return `[A sound (${block.mimeType}) was left out]`;
    case 'resource_link':
      return `[A resource: ${block.uri}]`;
    case 'resource':
      return 'text' in block.resource
        ? `[${block.resource.uri}]\n${block.resource.text}`
        : `[A file was left out: ${block.resource.uri}]`;
  }
}
