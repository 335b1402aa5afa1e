import type { ImagePart, Message, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { imageHeader } from './image-header.ts';

/** What a provider takes of pictures in one request; sizes in characters of base64. */
interface Limits {
  most: number;
  all: number;
  each: number;
  side: number;
  /** From so many on, each may have only `sideOfMany`. */
  many: number;
  sideOfMany: number;
}

const millions = 1_000_000;

/**
 * Refusals this prevents, each of which would come back with every later request:
 * - Anthropic (platform.claude.com/docs/en/build-with-claude/vision, 32 MB for a request): "At least one of the image
 *   dimensions exceed max allowed size for many-image requests: 2000 pixels" (langgenius/dify#11177), "… max allowed size: 8000
 *   pixels", "image exceeds 10 MB maximum", "Too many images and documents"
 * - Groq (console.groq.com/docs/vision): five images, and 4 MB for a request with them
 */
function limitsOf({ provider, wire, contextWindow }: Target): Limits | null {
  const free = { each: Infinity, side: Infinity, many: Infinity, sideOfMany: Infinity };
  if (provider === 'groq') return { ...free, most: 5, all: 3 * millions };
  if (wire !== 'anthropic-messages') return null;
  const most = (contextWindow ?? 0) > 200_000 ? 600 : 100;
  return { most, all: 24 * millions, each: 10 * millions, side: 8_000, many: 20, sideOfMany: 2_000 };
}

/** The pictures of a conversation that one request has no room for, and why. */
export type HiddenImages = ReadonlyMap<ImagePart, string>;

const none: HiddenImages = new Map();

/** The newest ones are shown. The same pictures of a conversation give the same answer. */
export function hiddenImages(transcript: readonly Message[], target: Target): HiddenImages {
  const limits = target.capabilities.images ? limitsOf(target) : null;
  if (!limits) return none;
  const all = transcript.flatMap(imagesOf);
  if (!all.length) return none;
  const hidden = new Map<ImagePart, string>();
  for (const image of all)
    if (image.data.length > limits.each || sideOf(image) > limits.side)
      hidden.set(image, `is larger than ${target.provider} takes`);
  hideOldest(all, limits, target, hidden);
  if (all.length - hidden.size <= limits.many) return hidden;
  for (const image of all)
    if (!hidden.has(image) && sideOf(image) > limits.sideOfMany)
      hidden.set(image, `is larger than ${target.provider} takes among more than ${limits.many}`);
  return hidden;
}

function hideOldest(
  all: readonly ImagePart[],
  { most, all: room }: Limits,
  { provider }: Target,
  hidden: Map<ImagePart, string>,
): void {
  let [count, size] = [0, 0];
  for (const image of all.toReversed()) {
    if (hidden.has(image)) continue;
    count += 1;
    size += image.data.length;
    if (count > most || size > room) hidden.set(image, `is one more than ${provider} takes at once`);
  }
}

function sideOf(image: ImagePart): number {
  return imageHeader(image)?.side ?? 0;
}

function imagesOf({ role, parts }: Message): ImagePart[] {
  if (role === 'assistant') return [];
  return (parts as (UserPart | ToolResultPart)[]).flatMap((part) =>
    part.type === 'image' ? [part] : part.type === 'tool-result' ? (part.images ?? []) : [],
  );
}
