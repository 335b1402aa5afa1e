import { sql, type Expression, type ExpressionBuilder, type SqlBool } from 'kysely';
import type { Database } from './schema.ts';
import type { LedgerFilter, RequestFilter } from './ledger.types.ts';

type Ledger = ExpressionBuilder<Database, 'ledger'>;

/** The rows of the ledger that a person asks for. */
export function ledgerConditions(eb: Ledger, userId: string, filter: LedgerFilter): Expression<SqlBool>[] {
  const { provider, model, keyId, endUser, sessionId, threadId, property, from, to } = filter;
  const found: Expression<SqlBool>[] = [eb('user_id', '=', userId)];
  if (provider !== undefined) found.push(eb('provider', '=', provider));
  if (model !== undefined) found.push(eb('model', '=', model));
  if (keyId !== undefined) found.push(keyId === null ? eb('key_id', 'is', null) : eb('key_id', '=', keyId));
  if (endUser !== undefined) found.push(eb('end_user', '=', endUser));
  if (sessionId !== undefined) found.push(eb('session_id', '=', sessionId));
  if (threadId !== undefined) found.push(eb('thread_id', '=', threadId));
  // Times are ISO texts, which sort as they pass: a day is what begins with it.
  if (from !== undefined) found.push(eb('timestamp', '>=', from));
  if (to !== undefined) found.push(eb('timestamp', '<', `${to}U`));
  if (property) found.push(hasProperty(eb, userId, property));
  return found;
}

function hasProperty(
  eb: Ledger,
  userId: string,
  { name, value }: NonNullable<LedgerFilter['property']>,
): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('ledger_properties as p')
      .select('p.row')
      .where('p.user_id', '=', userId)
      .where('p.name', '=', name)
      .where('p.value', '=', value)
      .whereRef('p.row', '=', 'ledger.row'),
  );
}

/** The same for a list of requests. */
export function requestConditions(eb: Ledger, userId: string, filter: RequestFilter): Expression<SqlBool>[] {
  const { status, error } = filter;
  const found = ledgerConditions(eb, userId, filter);
  if (status === 'cached') found.push(eb('route', '=', 'cache'));
  else if (status !== undefined) found.push(eb('status', '=', status), eb('route', '<>', 'cache'));
  if (error !== undefined) {
    const pattern = `%${error.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    found.push(
      eb('status', '=', 'failed'),
      sql<SqlBool>`(error_code like ${pattern} escape '\\' or error_detail like ${pattern} escape '\\')`,
    );
  }
  return found;
}
