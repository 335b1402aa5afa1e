import type { GatewayConfig } from '#protocol/gateway-config.ts';

type Bounds = GatewayConfig['cache'];

/** As the page shows a size: with one decimal at most. */
export function megabytes(count: number): string {
  return String(Number((count / 1e6).toFixed(1)));
}

/** The fields of `CacheForm.svelte`. A size that was not touched stays to the byte. */
export function readBounds(form: FormData, before: Bounds): Bounds {
  const size = String(form.get('maxMegabytes')).trim();
  return {
    maxBytes: size === megabytes(before.maxBytes) ? before.maxBytes : Math.round(Number(size) * 1e6),
    maxEntries: Number(form.get('maxEntries')),
  };
}
