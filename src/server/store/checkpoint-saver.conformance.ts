import { validate } from '@langchain/langgraph-checkpoint-validation';
import { NodeSqliteSaver } from './checkpoint-saver.ts';

/** LangGraph's own conformance suite; run by `npm test` with Vitest. */
validate({
  checkpointerName: 'NodeSqliteSaver',
  createCheckpointer: () => new NodeSqliteSaver(':memory:'),
  destroyCheckpointer: (saver: NodeSqliteSaver) => saver.close(),
});
