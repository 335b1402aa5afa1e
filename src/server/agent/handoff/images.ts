import type { ImagePart, TextPart, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import type { Tally } from './report.ts';

/**
 * Images are shown where the model can see, else replaced in the request by a marker; the original stays in the record
 * and returns with a model that sees.
 *
 * Refusals this prevents: Groq "messages[0].content must be a string"; OpenRouter "No endpoints found that support
 * image input"; OpenAI "Invalid content type. image_url is only supported by certain models."
 */
export function projectImages(parts: UserPart[], target: Target, tally: Tally): UserPart[] {
  return parts.map((part) => (part.type === 'image' ? projectImage(part, target, tally) : part));
}

export function projectResultImages(result: ToolResultPart, target: Target, tally: Tally): ToolResultPart {
  if (!result.images?.length) return result;
  if (target.capabilities.images) {
    tally.kept.images += result.images.length;
    return result;
  }
  const { images, ...rest } = result;
  const markers = images.map((image) => (projectImage(image, target, tally) as TextPart).text);
  return { ...rest, text: [rest.text, ...markers].filter(Boolean).join('\n') };
}

function projectImage(image: ImagePart, target: Target, tally: Tally): ImagePart | TextPart {
  if (target.capabilities.images) {
    tally.kept.images += 1;
    return image;
  }
  tally.converted('image', `${target.model} cannot see images: it gets a note that one is there`);
  const kilobytes = Math.max(1, Math.round((image.data.length * 3) / 4 / 1024));
  return {
    type: 'text',
    text: `[An image is attached here (${image.mediaType}, ${kilobytes} kB). This model cannot see images.]`,
  };
}
