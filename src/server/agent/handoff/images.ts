import type { ImagePart, TextPart, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import type { Tally } from './report.ts';

/**
 * Images are shown where the model can see, else replaced in the request by a marker; the original stays in the record
 * and returns with a model that sees.
 *
 * Refusals this prevents: Groq "messages[0].content must be a string"; OpenRouter "No endpoints found that support
 * image input"; OpenAI "Invalid content type. image_url is only supported by certain models."; Anthropic
 * "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
 */
export function projectImages(parts: UserPart[], target: Target, tally: Tally): UserPart[] {
  return parts.map((part) => (part.type === 'image' ? projectImage(part, target, tally) : part));
}

export function projectResultImages(result: ToolResultPart, target: Target, tally: Tally): ToolResultPart {
  if (!result.images?.length) return result;
  const { images: all, ...rest } = result;
  const shown = all.map((image) => projectImage(image, target, tally));
  const images = shown.filter((part) => part.type === 'image');
  const markers = shown.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return {
    ...rest,
    text: markers.length ? [rest.text, ...markers].filter(Boolean).join('\n') : rest.text,
    ...(images.length ? { images } : {}),
  };
}

/** What every model that sees takes; an imported picture may be of any kind. */
const shownEverywhere = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

function projectImage(image: ImagePart, target: Target, tally: Tally): ImagePart | TextPart {
  const isShown = image.url !== undefined || shownEverywhere.includes(image.mediaType);
  if (target.capabilities.images && isShown) {
    tally.kept.images += 1;
    return image;
  }
  const why = isShown ? `${target.model} cannot see images` : `no model takes ${image.mediaType}`;
  tally.converted('image', `${why}: it gets a note that one is there`);
  const kilobytes = Math.max(1, Math.round((image.data.length * 3) / 4 / 1024));
  return {
    type: 'text',
    text: `[An image is attached here (${image.url ?? `${image.mediaType}, ${kilobytes} kB`}). ${isShown ? 'This model cannot see images.' : 'It is of a kind that models cannot see.'}]`,
  };
}
