import type { FileText } from './file-text.ts';

/** What is looked for, where, and how a refusal calls it. */
export interface Wanted {
  path: string;
  file: FileText;
  /** "Edit 2". */
  name: string;
  /** "oldText". */
  subject: string;
}
