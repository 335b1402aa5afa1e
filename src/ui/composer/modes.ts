import type { ApprovalMode } from '#protocol/review.ts';

export const modes: readonly { value: ApprovalMode; label: string; detail: string }[] = [
  { value: 'ask', label: 'Ask', detail: 'You approve every change of a file and every command.' },
  {
    value: 'auto-edit',
    label: 'Auto-edit',
    detail: 'Files change without asking; you approve every command.',
  },
  { value: 'auto', label: 'Auto', detail: 'Nothing is asked. Everything runs in the sandbox.' },
];

export function nextMode(mode: ApprovalMode): ApprovalMode {
  const index = modes.findIndex(({ value }) => value === mode);
  return modes[(index + 1) % modes.length]?.value ?? 'ask';
}
