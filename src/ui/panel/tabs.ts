/** The tabs of the right pane, as the address names them (`?panel=`). */
export const panelTabs = [
  { id: 'files', label: 'Files' },
  { id: 'changes', label: 'Changes' },
  { id: 'terminal', label: 'Terminal' },
  { id: 'preview', label: 'Preview' },
  { id: 'cost', label: 'Cost' },
] as const;

export type PanelTab = (typeof panelTabs)[number]['id'];

/** @returns null for what the address does not name, and for what is no tab */
export function readTab(name: string | null): PanelTab | null {
  return panelTabs.find(({ id }) => id === name)?.id ?? null;
}
