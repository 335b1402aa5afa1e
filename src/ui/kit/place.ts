/** Pixels between the two, and to the edge of the window. */
const gap = 6;

/** Puts an open popover below its button, or above where there is more room, inside the window. */
export function placeBeside(button: HTMLElement, popover: HTMLElement): void {
  const anchor = button.getBoundingClientRect();
  const { width, height } = popover.getBoundingClientRect();
  const below = window.innerHeight - anchor.bottom - gap;
  const top = below < height && anchor.top > below ? anchor.top - gap - height : anchor.bottom + gap;
  popover.style.inset = 'auto';
  popover.style.top = `${Math.max(gap, top)}px`;
  popover.style.left = `${Math.max(gap, Math.min(anchor.left, window.innerWidth - width - gap))}px`;
}
