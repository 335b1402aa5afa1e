import type { Endpoint } from '../endpoint.ts';

/** `GET /healthz`: this endpoint exists once the app is ready; before, everything answers `503`. */
export const health: Endpoint = () => ({ body: { status: 'ok' } });
