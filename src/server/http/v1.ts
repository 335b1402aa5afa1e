import type { ServerResponse } from 'node:http';

/** The address of the public gateway, which does not answer yet: in the form that a provider's client can read. */
export function answerGateway(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(
    JSON.stringify({
      error: {
        message: 'The gateway is not open to other programs in this version. Use /api.',
        type: 'invalid_request_error',
        param: null,
        code: 'not_found',
      },
    }),
  );
}
