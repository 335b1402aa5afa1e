import { CrosspointError } from '#protocol/errors.ts';
import type { Answer, ApiRequest, Endpoint, EndpointParts } from './endpoint.ts';

/**
 * A request that finds the sandbox of its thread gone is the first to know: the next one gets a new sandbox with the files as
 * they were saved. One that only reads is that next one itself.
 */
export async function answerWith(
  endpoint: Endpoint,
  parts: EndpointParts,
  request: ApiRequest,
  onlyReads: boolean,
): Promise<Answer> {
  try {
    return await endpoint(parts, request);
  } catch (cause) {
    if (!(await isLost(parts, request, cause)) || !onlyReads) throw cause;
    return endpoint(parts, request);
  }
}

/** @returns whether the failure says that the sandbox is gone; then the next who opens it asks its provider */
export async function isLost(
  { store, workspaces }: Pick<EndpointParts, 'store' | 'workspaces'>,
  { userId, id }: Pick<ApiRequest, 'userId' | 'id'>,
  cause: unknown,
): Promise<boolean> {
  if (!(cause instanceof CrosspointError) || cause.code !== 'sandbox_gone') return false;
  const thread = await store.threads.get(userId, id);
  if (thread) workspaces.doubt(thread);
  return thread !== null;
}
