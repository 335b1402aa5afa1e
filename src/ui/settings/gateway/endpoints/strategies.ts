import type { RoutingStrategy } from '#protocol/gateway-config.ts';

export const strategies: readonly { id: RoutingStrategy; label: string }[] = [
  { id: 'order', label: 'in their order' },
  { id: 'weight', label: 'by weight' },
  { id: 'latency', label: 'the faster of two first' },
];

export const strategyLabel = (strategy: RoutingStrategy) =>
  strategies.find(({ id }) => id === strategy)?.label ?? strategy;
