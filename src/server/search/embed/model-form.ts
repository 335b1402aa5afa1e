/** How a model wants its texts: many are trained with words before them that say what a text is for. */
export interface ModelForm {
  /** Before a text that is searched for, and before one that is searched. */
  query: string;
  document: string;
  /** Fields of the request's body. */
  extra: Readonly<Record<string, unknown>>;
  /** Beside those, by what the texts are for. */
  inputType: { query: string; document: string } | null;
  /** Characters of one text; what is longer is cut. */
  mostCharacters: number;
}

const plain: ModelForm = { query: '', document: '', extra: {}, inputType: null, mostCharacters: 6_000 };
/** Models that read 512 tokens: code has about three characters to one. */
const short = { mostCharacters: 1_500 };

/** By the model's own name, the first that fits. The words are those of the model cards. */
const forms: readonly [RegExp, Partial<ModelForm>][] = [
  // Cut to a third on purpose: trained for it (OpenAI, "New embedding models", 2024), and a third to keep and to compare.
  [/(?:^|\/)text-embedding-3-(?:small|large)$/, { extra: { dimensions: 512 } }],
  [/(?:^|\/)voyage-/, { inputType: { query: 'query', document: 'document' } }],
  [/nomic-embed/, { query: 'search_query: ', document: 'search_document: ' }],
  [/embeddinggemma/, { query: 'task: code retrieval | query: ', document: 'title: none | text: ' }],
  [
    /qwen3-embedding/i,
    { query: 'Instruct: Given a description of code, find the code that does it\nQuery: ' },
  ],
  [/(?:^|[/-])(?:multilingual-)?e5-/, { query: 'query: ', document: 'passage: ', ...short }],
  [
    /mxbai-embed|bge-(?:small|base|large)-en/,
    { query: 'Represent this sentence for searching relevant passages: ', ...short },
  ],
  [
    /snowflake-arctic-embed/,
    { query: 'Represent this sentence for searching relevant passages: ', ...short },
  ],
  [/all-minilm/i, short],
];

/** @param model as it is configured: `provider/model`, a preset or a bare id */
export function formOfModel(model: string): ModelForm {
  const known = forms.find(([pattern]) => pattern.test(model))?.[1] ?? {};
  return { ...plain, ...known };
}
