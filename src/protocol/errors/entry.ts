/** A failure that a person can meet: the HTTP status that it answers with, and a sentence that says what to do. */
export interface CatalogueEntry {
  status: number;
  /** `{name}` is filled in from the values given. */
  sentence: string;
}
