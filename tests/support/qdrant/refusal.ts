/** What the server answers instead: `{"status": {"error": …}}`, as Qdrant does. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function refuse(message: string, status = 400): never {
  throw new Refusal(status, message);
}
