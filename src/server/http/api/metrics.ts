import { CrosspointError } from '#protocol/errors.ts';
import type { Endpoint } from '../endpoint.ts';

/** `GET /metrics`, for Prometheus: with the bearer token alone, because what collects metrics has no session. */
export const getMetrics: Endpoint = ({ metrics }, { identity }) => {
  if (!metrics) throw new CrosspointError('not_found', { what: 'address' });
  if (identity?.session !== null) throw new CrosspointError('unauthorized');
  return { text: metrics.text(), headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } };
};
