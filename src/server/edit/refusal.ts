/** An edit that cannot be applied. The message is for the model: what is wrong, where the text nearly stands, what to do. */
export class EditRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EditRefusal';
  }
}
