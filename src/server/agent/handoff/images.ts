import type { ImagePart, TextPart, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { imageHeader } from './image-header.ts';
import type { HiddenImages } from './image-limits.ts';
import type { Tally } from './report.ts';

/**
 * Images are shown where the model can see, else replaced in the request by a marker; the original stays in the record
 * and returns with a model that sees.
 *
 * Refusals this prevents: Groq "messages[0].content must be a string"; OpenRouter "No endpoints found that support
 * image input"; OpenAI "Invalid content type. image_url is only supported by certain models."; Anthropic
 * "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
 */
export function projectImages(
  parts: UserPart[],
  target: Target,
  tally: Tally,
  hidden?: HiddenImages,
): UserPart[] {
  return parts.map((part) => (part.type === 'image' ? projectImage(part, target, tally, hidden) : part));
}

export function projectResultImages(
  result: ToolResultPart,
  target: Target,
  tally: Tally,
  hidden?: HiddenImages,
): ToolResultPart {
  if (!result.images?.length) return result;
  const { images: all, ...rest } = result;
  const shown = all.map((image) => projectImage(image, target, tally, hidden));
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

function projectImage(
  given: ImagePart,
  target: Target,
  tally: Tally,
  hidden?: HiddenImages,
): ImagePart | TextPart {
  const image = withTrueType(given);
  const isShown = image.url !== undefined || shownEverywhere.includes(image.mediaType);
  const noRoom = hidden?.get(given);
  if (target.capabilities.images && isShown && !noRoom) {
    tally.kept.images += 1;
    return image;
  }
  const why = !isShown
    ? `no model takes ${image.mediaType}`
    : noRoom
      ? `it ${noRoom}`
      : `${target.model} cannot see images`;
  tally.converted('image', `${why}: it gets a note that one is there`);
  const kilobytes = Math.max(1, Math.round((image.data.length * 3) / 4 / 1024));
  const note = !isShown
    ? 'It is of a kind that models cannot see.'
    : noRoom
      ? `It is not shown: it ${noRoom}.`
      : 'This model cannot see images.';
  return {
    type: 'text',
    text: `[An image is attached here (${image.url ?? `${image.mediaType}, ${kilobytes} kB`}). ${note}]`,
  };
}

/**
 * A file's name may lie about its kind, and Anthropic looks: "The image was specified using the image/jpeg media type, but the
 * image appears to be a image/png image" (vybestack/llxprt-code#2130).
 */
function withTrueType(image: ImagePart): ImagePart {
  const mediaType = image.url === undefined ? imageHeader(image)?.mediaType : undefined;
  return mediaType && mediaType !== image.mediaType ? { ...image, mediaType } : image;
}
