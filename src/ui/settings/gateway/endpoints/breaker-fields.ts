import type { GatewayConfig } from '#protocol/gateway-config.ts';

/** The fields of `BreakerForm.svelte`; one that is not there stays as it was. */
export function readBreaker(form: FormData, before: GatewayConfig['breaker']): GatewayConfig['breaker'] {
  const numberOf = (name: string, usual: number) => {
    const text = String(form.get(name) ?? '').trim();
    return text === '' ? usual : Number(text);
  };
  return {
    // In whole ten-thousandths: 7 percent are 0.07 and not 0.07000000000000001.
    errorRatio: Math.round(numberOf('errorPercent', before.errorRatio * 100) * 100) / 10_000,
    minRequests: numberOf('minRequests', before.minRequests),
    windowSeconds: numberOf('windowSeconds', before.windowSeconds),
    openSeconds: numberOf('openSeconds', before.openSeconds),
    probes: numberOf('probes', before.probes),
  };
}
